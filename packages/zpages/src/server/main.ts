/** The program of the thread that serves the page. The build makes one text of it: see bundle-programs.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { MainThread } from './main-thread.ts';
import { PageServer } from './page-server.ts';
import type { MainThreadMessage, ServerMessage, ServerSettings } from './protocol.ts';
import { Viewers } from './viewers.ts';

const settings = workerData as ServerSettings;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const tell = (message: ServerMessage): void => parentPort?.postMessage(message);

const viewers: Viewers = new Viewers((count) => {
  mainThread.isWatched = count > 0;
});
const mainThread = new MainThread(
  settings.name,
  () => tell({ kind: 'ask' }),
  (report) => viewers.send(report),
);
parentPort?.on('message', (snapshot: MainThreadMessage) => mainThread.onSnapshot(snapshot));

new PageServer(settings, mainThread, viewers).listen(settings.host, settings.port, {
  onListening: (url) => tell({ kind: 'listening', url }),
  onNotListening: (reason, isTriedAgain) => tell({ kind: 'not listening', reason, isTriedAgain }),
});
