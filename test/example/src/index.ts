/** Shared code of the examples' tests: running a program as its README says, and reading the items that arrived. */
export { hex, readLog, type ReceivedLog } from './received-log.ts';
export { type EndedProgram, runProgram } from './run-program.ts';
export { type RunningProgram, startProgram } from './running-program.ts';
