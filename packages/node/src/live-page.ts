import type { Warn } from '@spillway/config';
import type { ZpagesOptions } from '@spillway/zpages/options';

/** The live page of a start. */
export interface LivePage {
  /** Ends the page. Never rejects. */
  close(): Promise<void>;
}

/**
 * Serves the live page. Its code is loaded now, in the background, so that a start without a page does not load it.
 * @param options have been checked
 * @param warn is called if there will be no page
 */
export function livePage(options: ZpagesOptions, warn: Warn): LivePage {
  const serving = import('@spillway/zpages')
    .then(({ serveZpages }) => serveZpages(options))
    .catch((error: unknown) => {
      warn(`there is no live page: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
  return { close: async () => (await serving)?.close() };
}
