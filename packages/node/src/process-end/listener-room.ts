import { EventEmitter } from 'node:events';

/** Our own listeners of one event, at most: `exit` has two. */
const MOST_OWN_LISTENERS = 2;

/**
 * Raises Node's limit of listeners per event by our own, so that the application can add as many as without us before
 * Node warns. The application may still change the limit, for the process or as a default.
 * @returns undoes it
 */
export function makeRoomForListeners(): () => void {
  let most = process.getMaxListeners();
  const room = (): number => most + MOST_OWN_LISTENERS;
  // Both values mean that there is no limit.
  if (most === 0 || most === Infinity) return () => {};
  const followsDefault = most === EventEmitter.defaultMaxListeners;
  process.setMaxListeners(room());
  const follow = (): void => {
    const { defaultMaxListeners } = EventEmitter;
    if (!followsDefault || defaultMaxListeners === most || process.getMaxListeners() !== room()) return;
    most = defaultMaxListeners;
    process.setMaxListeners(most === 0 ? 0 : room());
  };
  // Node checks the limit after this event.
  process.on('newListener', follow);
  return () => {
    process.off('newListener', follow);
    if (process.getMaxListeners() === room()) process.setMaxListeners(most);
  };
}
