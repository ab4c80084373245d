/** The globals that pages and workers share and that are not part of the language. */
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

/** The globals of a browser, without those of Node: no `process`, `Buffer`, `global`, `require` or `setImmediate`. */
export function browserGlobals(): Record<string, unknown> {
  const globals: Record<string, unknown> = Object.fromEntries(NAMES.map((name) => [name, globalThis[name]]));
  // A timer is a number, as in browsers, so `unref` does not exist.
  globals['setTimeout'] = (callback: () => void, delayMillis: number): number =>
    Number(setTimeout(callback, delayMillis));
  return globals;
}
