import type { Report } from '../report/report.ts';

/** After an answer that is not a stream, such as that there are too many viewers. A broken connection is tried sooner. */
const RETRY_MS = 5_000;

export type Connection = 'live' | 'lost' | 'paused';

/** The stream of reports. It is closed while the page is hidden or paused, because nobody looks. */
export class LiveReports {
  readonly #onReport: (report: Report) => void;
  readonly #onConnection: (connection: Connection) => void;
  #events: EventSource | undefined;
  #isPaused = false;

  constructor(onReport: (report: Report) => void, onConnection: (connection: Connection) => void) {
    this.#onReport = onReport;
    this.#onConnection = onConnection;
    document.addEventListener('visibilitychange', () => this.#update());
    this.#update();
  }

  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused;
    this.#update();
  }

  #update(): void {
    if (this.#isPaused || document.hidden) {
      this.#events?.close();
      this.#events = undefined;
      this.#onConnection('paused');
    } else if (this.#events === undefined) {
      this.#open();
    }
  }

  #open(): void {
    const events = new EventSource(location.pathname);
    this.#events = events;
    events.addEventListener('message', ({ data }: MessageEvent<string>) => {
      this.#onConnection('live');
      this.#onReport(JSON.parse(data) as Report);
    });
    events.addEventListener('error', () => {
      this.#onConnection('lost');
      if (events.readyState !== EventSource.CLOSED) return;
      setTimeout(() => {
        if (this.#events !== events) return;
        this.#events = undefined;
        this.#update();
      }, RETRY_MS);
    });
  }
}
