export { toNodeWritable } from './to-node-writable.ts';
export type { StreamOptions } from '../stream/stream-options.ts';
export type { StreamTarget } from '../stream/stream-sink.ts';
