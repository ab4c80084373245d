/** `node --import @spillway/node/register app.js`, or `--require`: traces and logs as the environment says. */
// As a whole: a Node that lacks one of its names would else refuse to start the application.
import * as workerThreads from 'node:worker_threads';
import { diag } from '@opentelemetry/api';
import { start } from './start.ts';

// Node loads what `--require` names in the thread of loader hooks too, where no application runs.
if (!workerThreads.isInternalThread) {
  try {
    start();
  } catch (error) {
    // An application must start without its telemetry, whatever that trips over.
    diag.error('Spillway is not started:', error);
  }
}
