export * from './logs.mjs';
export * from './traces.mjs';
