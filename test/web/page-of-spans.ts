/** What a test may call in the page. */
export interface PageOfSpans {
  make(count: number): unknown;
  /** From now on, a worker that runs the given program makes the spans. */
  makeInWorker(programUrl: string): void;
  /** Resolves when all requests of the page go through a service worker. */
  useServiceWorker(): Promise<void>;
}
