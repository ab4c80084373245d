import { type FlushOutcome, now } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import { inSlices } from '../json/in-slices.ts';
import { nodeFs } from '../platform/node-modules.node.ts';
import { loadTranscoderNow } from '../json/load-now.node.ts';
import type * as TranscoderModule from '../json/transcoder.ts';
import { outcomeOfClosed } from './attempt.ts';
import { Deadline } from './deadline.ts';
import { outcomeOfAbort, outcomeOfTimeout } from './failure-outcome.ts';
import type { LineOutput } from './line-output.ts';
import { joinedBody, type OtlpRequestBody } from './request-body.ts';
import type { OtlpTransport } from './transport.ts';
import { OtlpTransportError } from './transport-error.ts';

/** For messages. */
const OUTPUT = 'the output for lines';
const NEWLINE = Uint8Array.of(0x0a);

/** All lines that are written while the process ends may take this long together, if nobody reads them. */
const END_MILLIS = 850;
/** Until when lines of any signal may be written to an output while the process ends. */
const endOf = new WeakMap<LineOutput, number>();
const FULL_PIPE_PAUSE_MILLIS = 2;

/**
 * Writes each request as one line of OTLP/JSON: the OTLP file format. A line is delivered when the stream has passed it
 * on, and the next one is not even made before. So a reader that is slow slows down the pipeline, and at most one line
 * waits in the stream.
 */
export function createLineTransport(signal: Signal, output: LineOutput, timeoutMillis: number): OtlpTransport {
  return new LineTransport(signal, output, timeoutMillis);
}

class LineTransport implements OtlpTransport {
  readonly #signal: Signal;
  readonly #output: LineOutput;
  readonly #timeoutMillis: number;
  /** Loaded now, because nothing can be loaded any more when the process ends. */
  #json: typeof TranscoderModule | undefined = loadTranscoderNow();
  readonly #loading: Promise<typeof TranscoderModule>;
  /** Settles when the line before is written. */
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor(signal: Signal, output: LineOutput, timeoutMillis: number) {
    this.#signal = signal;
    this.#output = output;
    this.#timeoutMillis = timeoutMillis || Infinity;
    this.#loading =
      this.#json !== undefined
        ? Promise.resolve(this.#json)
        : import('../json/transcoder.ts').then((module) => (this.#json = module));
    // Each line awaits and reports it.
    this.#loading.catch(() => {});
  }

  async send(body: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome> {
    if (this.#isClosed) return outcomeOfClosed(OUTPUT);
    if (signal.aborted) return outcomeOfAbort(OUTPUT, signal.reason);
    const deadline = new Deadline(signal, this.#timeoutMillis);
    try {
      // The line that the stream took before its deadline cannot be taken back: the next one waits for it.
      while (this.#writing !== undefined) await deadline.race(this.#writing.catch(() => {}));
      const writing = this.#write(joinedBody(body)).finally(() => (this.#writing = undefined));
      this.#writing = writing;
      await deadline.race(writing);
      return { kind: 'delivered' };
    } catch (error) {
      if (deadline.end === 'aborted') return outcomeOfAbort(OUTPUT, signal.reason);
      if (deadline.end === 'timed out') return outcomeOfTimeout(OUTPUT, this.#timeoutMillis, true);
      return outcomeOfThrown(error as Error);
    } finally {
      deadline.dispose();
    }
  }

  /** Synchronous, for the end of the process. */
  sendNow(body: OtlpRequestBody): Promise<FlushOutcome> | undefined {
    const { fd, writableLength = 0 } = this.#output;
    if (fd === undefined || this.#json === undefined) return undefined;
    const endsAt = endOf.get(this.#output) ?? now() + END_MILLIS;
    endOf.set(this.#output, endsAt);
    try {
      const line = lineOf(this.#json.transcodeNow(this.#signal, joinedBody(body)));
      // The stream may have written a part of its last line.
      if (writableLength > 0) writeAll(fd, NEWLINE, endsAt);
      writeAll(fd, line, endsAt);
      return Promise.resolve({ kind: 'delivered' });
    } catch {
      return undefined;
    }
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true;
  }

  async #write(protobuf: Uint8Array): Promise<void> {
    const { Transcoder } = await this.#loading;
    const json = await inSlices(new Transcoder(this.#signal, protobuf)).catch((error: Error) => {
      throw new OtlpTransportError('RequestEncodingError', `a request cannot be written as JSON: ${error.message}`);
    });
    const line = lineOf(json);
    const output = this.#output;
    return new Promise((resolve, reject) => {
      output.write(line, (error) => {
        if (error == null) return resolve();
        // The stream emits the error next. Nobody else may listen, and the application must not end because of that.
        if (output.listenerCount('error') === 0) output.once('error', () => {});
        reject(error);
      });
    });
  }
}

function lineOf(json: Uint8Array): Uint8Array {
  const line = new Uint8Array(json.length + 1);
  line.set(json);
  line.set(NEWLINE, json.length);
  return line;
}

function outcomeOfThrown(error: Error & { readonly code?: unknown }): FlushOutcome {
  if (error.name === 'RequestEncodingError') return { kind: 'refused', error };
  const code = typeof error.code === 'string' ? error.code : undefined;
  const message = `${OUTPUT} could not be written to: ${error.message}`;
  return { kind: 'retry', error: new OtlpTransportError('ConnectionError', message, { code }) };
}

/** @throws an error if the descriptor cannot be written to, or is full until `endsAt` */
function writeAll(fd: number, bytes: Uint8Array, endsAt: number): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += nodeFs().writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'EAGAIN' || now() >= endsAt) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_PAUSE_MILLIS);
    }
  }
}
