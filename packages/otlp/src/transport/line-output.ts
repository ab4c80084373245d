/** A stream that takes lines, such as `process.stdout` or a file's: the part of Node's writable streams that is used. */
export interface LineOutput {
  write(bytes: Uint8Array, callback: (error?: Error | null) => void): boolean;
  once(event: 'error', listener: () => void): unknown;
  listenerCount(event: 'error'): number;
  /** Bytes that wait in the stream. */
  readonly writableLength?: number | undefined;
  /** The descriptor behind the stream, which can be written to when the process ends. Absent: there is none. */
  readonly fd?: number | undefined;
}
