/** What the tests of the examples share: running a program as its README says, and reading what arrived. */
export { hex, readLog, type ReceivedLog } from './received-log.ts';
export { type EndedProgram, runProgram } from './run-program.ts';
export { type RunningProgram, startProgram } from './running-program.ts';
