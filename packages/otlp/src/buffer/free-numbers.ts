/** Gives out small whole numbers from 0. A number that was given back is given out again. */
export class FreeNumbers {
  private readonly free: number[] = [];
  private next = 0;

  take(): number {
    const number = this.free.pop() ?? this.next;
    if (number === this.next) this.next += 1;
    return number;
  }

  giveBack(number: number): void {
    this.free.push(number);
  }
}
