export { checkZpagesOptions, DEFAULT_ZPAGES_PORT, type ZpagesOptions } from './zpages-options.ts';
