import type { ServerResponse } from 'node:http';
import { now } from '@spillway/backpressure';
import type { Report } from '../report/report.ts';

/** A wall of dashboards has fewer. */
const MOST_VIEWERS = 16;
/** A viewer that reads nothing for that long has gone. */
const STUCK_AFTER_MS = 15_000;

interface Viewer {
  readonly response: ServerResponse;
  /** When it last had read everything. */
  readAt: number;
}

/** The open streams of events. */
export class Viewers {
  readonly #viewers = new Set<Viewer>();
  readonly #onCount: (count: number) => void;

  /** @param onCount told how many there are, at each change */
  constructor(onCount: (count: number) => void) {
    this.#onCount = onCount;
  }

  get isFull(): boolean {
    return this.#viewers.size >= MOST_VIEWERS;
  }

  /** @param response with its headers written */
  add(response: ServerResponse, report: Report): void {
    const viewer = { response, readAt: now() };
    this.#viewers.add(viewer);
    response.once('close', () => {
      this.#viewers.delete(viewer);
      this.#onCount(this.#viewers.size);
    });
    response.write(`retry: 1000\n\n${eventOf(report)}`);
    this.#onCount(this.#viewers.size);
  }

  send(report: Report): void {
    const event = eventOf(report);
    const time = now();
    for (const viewer of this.#viewers) {
      // Only the newest report matters. A viewer that has not read the last one gets no more.
      if (viewer.response.writableLength === 0) {
        viewer.readAt = time;
        viewer.response.write(event);
      } else if (time - viewer.readAt > STUCK_AFTER_MS) {
        viewer.response.destroy();
      }
    }
  }
}

function eventOf(report: Report): string {
  return `data: ${JSON.stringify(report)}\n\n`;
}
