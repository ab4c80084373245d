/** `node --import @spillway/node/register app.js`, or `--require`: starts traces, logs and metrics as the environment says. */
// A namespace import, because a Node that lacks one of the names would otherwise refuse to start the application.
import * as workerThreads from 'node:worker_threads';
import { diag } from '@opentelemetry/api';
import { start } from './start.ts';

// Node also loads `--require` modules in the thread of loader hooks, where no application runs.
if (!workerThreads.isInternalThread) {
  try {
    start();
  } catch (error) {
    // An application must start without its telemetry, whatever has failed.
    diag.error('Spillway is not started:', error);
  }
}
