import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Variables that would change a pipeline's defaults or send its requests elsewhere. */
const FOREIGN_VARIABLE = /^(OTEL_|SPILLWAY_)|^(https?|all|no)_proxy$/i;

/** An environment in which programs behave the same wherever the demo runs. */
export function neutralEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN_VARIABLE.test(name)));
}

interface Message {
  readonly kind: string;
}

export interface ChildProgramOptions<Settings> {
  /** The file of the program, and its name in messages. */
  readonly file: URL;
  readonly name: string;
  /** Its only argument, as JSON. */
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
}

/** A program of the demo in its own process, and its messages. It ends when this process ends. */
export class ChildProgram<Command extends object, Incoming extends Message> {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #heard = new Set<(message: Incoming) => void>();
  readonly #onEnd = new Set<(error: Error) => void>();

  constructor({ file, name, settings, env }: ChildProgramOptions<object>) {
    this.#name = name;
    this.#child = fork(file, [JSON.stringify(settings)], {
      env,
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: Incoming) => {
      for (const hear of this.#heard) hear(message);
    });
    const end = (why: string) => {
      for (const tell of this.#onEnd) tell(new Error(`the ${this.#name} ended early: ${why}`));
    };
    this.#child.on('error', (error) => end(error.message));
    this.#child.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  }

  onMessage(hear: (message: Incoming) => void): void {
    this.#heard.add(hear);
  }

  /** Resolves with a message of that kind. Rejects if the program ends before it has sent one. */
  said<Kind extends Incoming['kind']>(kind: Kind): Promise<Extract<Incoming, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const hear = (message: Incoming) => {
        if (!isOfKind<Incoming, Kind>(message, kind)) return;
        this.#heard.delete(hear);
        this.#onEnd.delete(reject);
        resolve(message);
      };
      this.#heard.add(hear);
      this.#onEnd.add(reject);
    });
  }

  tell(command: Command): void {
    if (this.#child.connected) this.#child.send(command);
  }

  /** Asks the program to end. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  /** Kills the program, and resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

function isOfKind<Incoming extends Message, Kind extends Incoming['kind']>(
  message: Incoming,
  kind: Kind,
): message is Extract<Incoming, { kind: Kind }> {
  return message.kind === kind;
}
