/** One turn of a library. */
export interface LibraryTurn {
  /** Of wall time, from the first item to the end of the consumer's last call. */
  readonly itemsPerSecond: number;
  /** CPU (user and system, all threads) per item. */
  readonly cpuMicrosPerItem: number;
}

/** What the bench of libraries prints: the turns of each library by its name, and what did not add up. */
export interface LibraryFigures {
  readonly turns: Readonly<Record<string, readonly LibraryTurn[]>>;
  readonly problems: readonly string[];
}
