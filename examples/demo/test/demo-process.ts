import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** Variables that would change the output of the demo or the destination of its requests. */
const LEFT_OUT = /^(FORCE_COLOR|NODE_OPTIONS|OTEL_.*|SPILLWAY_.*)$/;

/** The demo as a user starts it, without a terminal. */
export class DemoProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown[]>;
  #printed = '';
  #complaints = '';

  constructor(...args: readonly string[]) {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !LEFT_OUT.test(name)));
    this.#child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#printed += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#complaints += text));
    this.#closed = once(this.#child, 'close');
  }

  /** Resolves when that text has been printed. Rejects if the demo ends without it. */
  async until(text: string): Promise<void> {
    while (!this.#printed.includes(text)) {
      // oxlint-disable-next-line no-await-in-loop -- what comes next is known only then
      await Promise.race([once(this.#child.stdout!, 'data'), this.#closed]);
      if (this.#child.exitCode !== null && !this.#printed.includes(text))
        throw new Error(`never printed: ${text}\n${this.#complaints}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /**
   * Resolves when the demo and all its processes are gone. Each process has inherited the output, which closes when the
   * last of them ends.
   */
  async end(): Promise<{ readonly code: unknown; readonly printed: string; readonly complaints: string }> {
    const [code] = await this.#closed;
    return { code, printed: this.#printed, complaints: this.#complaints };
  }
}

/**
 * The cells of a row in the last tables, by their headings: the row of a lane's service, or of its items if these are
 * named too.
 */
export function finalRow(
  printed: string,
  lane: string,
  items?: 'spans' | 'log records' | 'measurements',
): Record<string, string> {
  const lines = printed.split('\n');
  const at = lines.findLastIndex((line) => line.includes(items === undefined ? 'loop p99' : 'duplicated'));
  const labels = items === undefined ? [lane] : [lane, items];
  const row = lines.slice(at).find((line) => labels.every((label, index) => cellsOf(line)[index] === label)) ?? '';
  const cells = cellsOf(row).slice(labels.length);
  return Object.fromEntries(cellsOf(lines[at] ?? '').map((heading, index) => [heading, cells[index] ?? '']));
}

function cellsOf(line: string): string[] {
  return line.trim().split(/\s{2,}/);
}
