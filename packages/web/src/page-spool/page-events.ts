/**
 * Calls back when the page is hidden, or left, perhaps for good. On phones, `visibilitychange` is the last event that is
 * sure to come. If a tab in the background is closed, only `pagehide` comes. `unload` is not used, because it would keep
 * the page out of the back-forward cache.
 *
 * Listeners of the application often end spans in the same events, so this one runs after them:
 *
 * - `visibilitychange` bubbles from the document to the window. A listener that is added there while the event is on its
 *   way down is the last one on its way up.
 * - `pagehide` only reaches the window, and listeners are called in the order in which they were added. So ours is added
 *   anew whenever the page is hidden. A page that was visible gets `visibilitychange` after `pagehide`.
 * @returns a function that stops watching
 */
export function whenLeft(leave: () => void): () => void {
  const onPageHide = (): void => leave();
  const onHidden = (): void => {
    if (document.visibilityState !== 'hidden') return;
    removeEventListener('pagehide', onPageHide);
    addEventListener('pagehide', onPageHide);
    leave();
  };
  const onWayDown = (): void => addEventListener('visibilitychange', onHidden, { once: true });
  addEventListener('visibilitychange', onWayDown, { capture: true });
  addEventListener('pagehide', onPageHide);
  return () => {
    removeEventListener('visibilitychange', onWayDown, { capture: true });
    removeEventListener('visibilitychange', onHidden);
    removeEventListener('pagehide', onPageHide);
  };
}

/**
 * Calls back when stored requests may be sent again: the page is back from the back-forward cache, or the network is back.
 * @returns a function that stops watching
 */
export function whenBack(back: () => void): () => void {
  const types = ['pageshow', 'online'] as const;
  for (const type of types) addEventListener(type, back);
  return () => {
    for (const type of types) removeEventListener(type, back);
  };
}
