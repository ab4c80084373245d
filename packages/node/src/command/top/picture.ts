import type { ReadStream, WriteStream } from 'node:tty';

/** A second screen, so that what was on the first one is there again afterwards. */
const OTHER_SCREEN = '\x1b[?1049h\x1b[?25l';
const FIRST_SCREEN = '\x1b[?25h\x1b[?1049l';
const TO_TOP = '\x1b[H';
const ERASE_REST_OF_LINE = '\x1b[K';
const ERASE_REST_OF_SCREEN = '\x1b[J';

const END_KEYS: readonly string[] = ['q', 'Q', '\x03', '\x1b'];

/** A text that is redrawn in place, until the reader ends it with q, Escape or Ctrl+C. */
export class Picture {
  readonly #input: ReadStream;
  readonly #out: WriteStream;
  readonly #closed = Promise.withResolvers<void>();
  readonly #onKey = (key: Buffer): void => {
    if (END_KEYS.includes(key.toString())) this.close();
  };
  isClosed = false;

  constructor(input: ReadStream, out: WriteStream) {
    this.#input = input;
    this.#out = out;
    input.setRawMode(true);
    input.on('data', this.#onKey);
    out.write(OTHER_SCREEN);
  }

  /** Resolves when the reader has ended it. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** What does not fit the screen is cut off. */
  show(text: string): void {
    if (this.isClosed) return;
    const lines = text.split('\n').slice(0, this.#out.rows);
    this.#out.write(
      `${TO_TOP}${lines.map((line) => `${line}${ERASE_REST_OF_LINE}`).join('\r\n')}${ERASE_REST_OF_SCREEN}`,
    );
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#input.off('data', this.#onKey);
    this.#input.setRawMode(false);
    this.#input.pause();
    this.#out.write(FIRST_SCREEN);
    this.#closed.resolve();
  }
}
