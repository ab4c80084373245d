import { formatWithOptions } from 'node:util';
import type { DiagLogFunction } from '@opentelemetry/api';
import { now } from '@spillway/backpressure';

/** Each kind of line is logged once in this time, and at most `MOST_LINES` kinds. */
const PERIOD_MS = 60_000;
const MOST_LINES = 10;

/** Enough to tell two kinds of line apart. */
const KIND_LENGTH = 80;

/**
 * Limits the warnings and errors that OpenTelemetry's own packages log. Some packages log one with a stack for each
 * request, which would fill an application's stderr. Each kind is logged once a minute, at most ten kinds, and the next
 * line says how many were left out.
 */
export class OthersLines {
  #periodEndsAt = -Infinity;
  readonly #kinds = new Set<string>();
  #leftOut = 0;

  log(message: unknown, args: readonly unknown[], log: DiagLogFunction): void {
    const time = now();
    if (time >= this.#periodEndsAt) {
      this.#periodEndsAt = time + PERIOD_MS;
      this.#kinds.clear();
    }
    const kind = kindOf(message);
    if (this.#kinds.has(kind) || this.#kinds.size >= MOST_LINES) {
      this.#leftOut += 1;
      return;
    }
    this.#kinds.add(kind);
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    const told = leftOut === 0 ? [] : [`(${leftOut} such lines were left out; OTEL_LOG_LEVEL=warn shows every one)`];
    log(message as string, ...args, ...told);
  }
}

/** Lines of one kind differ only in numbers: of a request, a port, an id. */
function kindOf(message: unknown): string {
  return formatWithOptions({ depth: 0 }, message)
    .slice(0, KIND_LENGTH)
    .replace(/[\da-f]*\d[\da-f]*/gi, '0');
}
