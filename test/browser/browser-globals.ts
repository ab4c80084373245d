/** What pages and workers have in common and the language itself does not bring. */
const NAMES = [
  'AbortController',
  'AbortSignal',
  'Blob',
  'CompressionStream',
  'DOMException',
  'Headers',
  'ReadableStream',
  'Request',
  'Response',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'URLSearchParams',
  'btoa',
  'clearTimeout',
  'console',
  'fetch',
  'performance',
  'queueMicrotask',
] as const;

/** The globals of a browser, and nothing of Node: no `process`, `Buffer`, `global`, `require` or `setImmediate`. */
export function browserGlobals(): Record<string, unknown> {
  const globals: Record<string, unknown> = Object.fromEntries(NAMES.map((name) => [name, globalThis[name]]));
  // A number, as in browsers, that nobody can `unref`.
  globals['setTimeout'] = (callback: () => void, delayMillis: number): number => Number(setTimeout(callback, delayMillis));
  return globals;
}
