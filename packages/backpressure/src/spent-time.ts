/** How long a condition has held in total, as far as its changes are noted. */
export class SpentTime {
  #endedMs = 0;
  #since: number | undefined;

  note(holds: boolean, time: number): void {
    if (holds) {
      this.#since ??= time;
    } else {
      this.#endedMs = this.totalMs(time);
      this.#since = undefined;
    }
  }

  totalMs(time: number): number {
    return this.#endedMs + (this.#since === undefined ? 0 : time - this.#since);
  }
}
