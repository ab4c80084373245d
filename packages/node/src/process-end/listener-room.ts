import { EventEmitter } from 'node:events';

/** Of one event: `exit`. */
const MOST_OWN_LISTENERS = 2;

/**
 * Node warns of more than ten listeners of an event. The application may have as many as without us, and may still change
 * how many that are, for the process or for everything.
 * @returns takes it back
 */
export function makeRoomForListeners(): () => void {
  let most = process.getMaxListeners();
  const room = (): number => most + MOST_OWN_LISTENERS;
  // Without a limit, by either way to say so.
  if (most === 0 || most === Infinity) return () => {};
  const followsDefault = most === EventEmitter.defaultMaxListeners;
  process.setMaxListeners(room());
  const follow = (): void => {
    const { defaultMaxListeners } = EventEmitter;
    if (!followsDefault || defaultMaxListeners === most || process.getMaxListeners() !== room()) return;
    most = defaultMaxListeners;
    process.setMaxListeners(most === 0 ? 0 : room());
  };
  // Node looks at the limit after this event.
  process.on('newListener', follow);
  return () => {
    process.off('newListener', follow);
    if (process.getMaxListeners() === room()) process.setMaxListeners(most);
  };
}
