import type { Socket } from 'node:net';

/**
 * Closes a connection with RST. One that is being shut down is only closed: Node 24 cannot reset it (EINVAL), and then
 * never closes its handle, so that the process spins at its end.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
