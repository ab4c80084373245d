/** What the members of a budget have in common. */
export interface Pool {
  /** Bytes that all members hold. */
  usedBytes: number;
  /** Bytes that each member may hold, whatever the others do. */
  guaranteedBytes: number;
  /** Bytes for the members that need them first. */
  commonBytes: number;
  /** Bytes that members hold beyond what each is guaranteed. */
  commonUsedBytes: number;
  /** Called when some of the common bytes are free again. */
  readonly onGivenBack: () => void;
}

/**
 * One member's share of a memory budget. O(1), however many members there are.
 *
 * ```
 *  budget  [ guaranteed A | guaranteed B | common                  ]
 *  A holds  aaaaaaaaaaaaa                  aaaaaaaaaaa
 *  B holds                 bbb                                       B may hold 'guaranteed B' and what A leaves of 'common'
 * ```
 */
export class BudgetShare {
  usedBytes = 0;
  #pool: Pool;
  readonly #onLeave: () => void;

  constructor(pool: Pool, onLeave: () => void) {
    this.#pool = pool;
    this.#onLeave = onLeave;
  }

  /** Bytes held beyond what is guaranteed. */
  get commonUsedBytes(): number {
    return Math.max(this.usedBytes - this.#pool.guaranteedBytes, 0);
  }

  /** Bytes that this member may hold at present. */
  get limitBytes(): number {
    const { guaranteedBytes, commonBytes, commonUsedBytes } = this.#pool;
    return guaranteedBytes + Math.max(commonBytes - commonUsedBytes + this.commonUsedBytes, 0);
  }

  /** Bytes that this member could hold if the others held nothing. */
  get mostBytes(): number {
    return this.#pool.guaranteedBytes + this.#pool.commonBytes;
  }

  /** Whether the member holds more than it may. */
  get isOver(): boolean {
    return this.usedBytes > this.limitBytes;
  }

  use(bytes: number): void {
    const { commonUsedBytes } = this;
    this.usedBytes += bytes;
    this.#pool.usedBytes += bytes;
    this.#pool.commonUsedBytes += this.commonUsedBytes - commonUsedBytes;
  }

  giveBack(bytes: number): void {
    const { commonUsedBytes } = this.#pool;
    this.use(-bytes);
    if (this.#pool.commonUsedBytes < commonUsedBytes) this.#pool.onGivenBack();
  }

  /** Ends the membership: bytes that it holds are no longer counted, even if they are given back only later. */
  leave(): void {
    this.#onLeave();
    this.#pool = { ...this.#pool, usedBytes: 0, onGivenBack: () => {} };
  }
}
