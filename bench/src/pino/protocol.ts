/** How an application logs. */
export interface PinoLoad {
  readonly lines: number;
  /** Lines that are logged before the event loop gets a turn. */
  readonly linesPerTurn: number;
  /** Milliseconds from one turn to the next; 0 for as fast as possible. */
  readonly turnMillis: number;
}

/** What a process that logs with pino prints when it has ended. */
export interface PinoFigures {
  /** Wall time in which all lines were logged. */
  readonly loggedMillis: number;
  /** Time for which the end of the process then waited. */
  readonly endMillis: number;
  /** Of all threads, from the first line to the end. */
  readonly cpuMillis: number;
}
