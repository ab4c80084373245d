import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { OutgoingRequest } from '@spillway/otlp/transport';
import { LATE } from './child-account.ts';
import { executables } from './executable.ts';
import type { LostItems } from './lost-items.ts';
import { PortionedInput } from './portioned-input.ts';
import { requestFrame } from './shipping-frames.ts';
import type { ShippingCommand, ShippingInput } from './shipping-input.ts';
import { STARTER } from './shipping-start.ts';
import { type MemoryNow, memoryNow, type ShippingRoom, shippingRoom } from './shipping-room.ts';
import { StreamedInput } from './streamed-input.ts';

/** What a process waits for at most while it ends. */
export const SHIP_LIMIT_MILLIS = 1_000;

/** The child ends by itself this much before the limit. */
const CHILD_MARGIN_MILLIS = 150;
/** And is killed this much before, if it does not: a process that held much takes a while to be gone. */
const KILL_MARGIN_MILLIS = 50;

/** Variables without which the child may not start, or not find whom to trust. No others: they hold secrets. */
const VARIABLES_PASSED_ON = [
  'PATH',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'SystemRoot',
  'TEMP',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_USE_SYSTEM_CA',
];
/** The same, where a relative path counts from a working directory that the child does not have. */
const PATHS_PASSED_ON = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'OPENSSL_CONF'];
const FLAGS_PASSED_ON = /^--(use-(system|openssl|bundled)-ca|dns-result-order=\w+|tls-m(in|ax)-v[\d.]+)$/;
/** Bodies lie off the heap, where nothing makes V8 collect them soon enough: the program does so itself. */
const OWN_FLAGS = ['--no-warnings', '--expose-gc', '--max-semi-space-size=1'];

/** What a shipment depends on, for tests. */
export interface ShipmentOptions {
  /** When the end began, on the clock of `Date.now()`: the limit counts from there. */
  readonly startedAt: number;
  readonly limitMillis?: number;
  readonly memory?: MemoryNow;
  /** Default: wherever a child can be fed while it runs. */
  readonly isStreamed?: boolean;
}

type Started =
  | { readonly kind: 'open'; readonly input: ShippingInput; readonly room: ShippingRoom }
  | { readonly kind: 'over' };
type State = { readonly kind: 'idle' } | Started;

/**
 * Sends requests from a child process, one after the other, and waits for it. Never throws, never prints.
 *
 * It waits, because a child that is left behind is killed with the container whose first process this is, or with the
 * service of systemd that it belongs to: those are the very places where applications end. And a child, because nothing
 * asynchronous happens any more in a process that ends.
 */
export class Shipment {
  readonly #options: ShipmentOptions;
  readonly #deadline: number;
  readonly #killAt: number;
  #state: State = { kind: 'idle' };
  #obstacle: string | undefined;
  #takenItems = 0;
  #losses: readonly LostItems[] = [];

  constructor(options: ShipmentOptions) {
    const limit = options.startedAt + (options.limitMillis ?? SHIP_LIMIT_MILLIS);
    this.#options = options;
    this.#deadline = limit - CHILD_MARGIN_MILLIS;
    this.#killAt = limit - KILL_MARGIN_MILLIS;
  }

  /** Nothing is taken any more. */
  get isOver(): boolean {
    return this.#state.kind === 'over';
  }

  /** Why the first request that was not taken was not. */
  get obstacle(): string | undefined {
    return this.#obstacle;
  }

  /** Items of requests that were taken. */
  get takenItems(): number {
    return this.#takenItems;
  }

  /** Of those, the ones that the collector has confirmed. Complete after the end. */
  get deliveredItems(): number {
    return this.#losses.reduce((left, { items }) => left - items, this.#takenItems);
  }

  /** Items of requests that were taken and not delivered. Complete after the end. */
  get losses(): readonly LostItems[] {
    return this.#losses;
  }

  /** Passes a request on to the child, and is through with its memory when it returns. @returns whether the child has it */
  take(request: OutgoingRequest): boolean {
    try {
      const state = this.#state.kind === 'idle' ? this.#start() : this.#state;
      this.#state = state;
      if (state.kind === 'over') return false;
      const { input, room } = state;
      if (request.body.byteLength > room.mostBodyBytes)
        return this.#refuse(`there was no memory left to ship a request of ${request.body.byteLength} bytes`);
      if (input.write(requestFrame(request), request.itemCount)) {
        this.#takenItems += request.itemCount;
        return true;
      }
      this.end();
      return this.#refuse(input.failure ?? LATE);
    } catch (error) {
      this.end();
      return this.#refuse(`they could not be shipped (${String(error)})`);
    }
  }

  /** Waits until what was taken is sent, or its time is over. */
  end(): void {
    const state = this.#state;
    this.#state = { kind: 'over' };
    if (state.kind !== 'open') return;
    try {
      this.#losses = state.input.end();
    } catch (error) {
      const cause = `they could not be shipped (${String(error)})`;
      this.#losses = [{ items: this.#takenItems, reason: 'drain_timeout', cause, mayHaveArrived: true }];
    }
  }

  #start(): Started {
    const room = shippingRoom(this.#options.memory ?? memoryNow());
    if (room === undefined) {
      this.#refuse('there was no memory left for the process that ships them');
      return { kind: 'over' };
    }
    const command: ShippingCommand = {
      files: executables(),
      args: [...flags(), ...OWN_FLAGS, '--eval', STARTER],
      // Any other directory may be gone by now: the application's, or that of an executable that was replaced.
      options: { argv0: process.execPath, env: environment(), cwd: resolve('/'), windowsHide: true },
      killAt: this.#killAt,
    };
    const terms = { deadline: this.#deadline, windowBytes: room.windowBytes };
    const streamed = (this.#options.isStreamed ?? isMainThread) ? StreamedInput.start(command, terms) : undefined;
    return { kind: 'open', input: streamed ?? new PortionedInput(command, terms), room };
  }

  #refuse(obstacle: string): false {
    this.#obstacle ??= obstacle;
    return false;
  }
}

/** Why nothing can be shipped from this process; `undefined` where it can. */
export function shippingObstacle(): string | undefined {
  const { isSea } = (process.getBuiltinModule('node:sea') ?? {}) as { isSea?: () => boolean };
  // Each of these executables is the application, which must not start once more: the last two are made by `pkg` and `nexe`.
  if (isSea?.() === true || 'pkg' in process || '__nexe' in process) return 'a single executable application';
  // Packaged applications mostly cannot be told to run as Node. One that runs as Node itself has no such type.
  if ('electron' in process.versions && 'type' in process && process.type !== undefined)
    return 'an Electron application';
  const { permission } = process as { readonly permission?: { has(scope: string): boolean } };
  return permission?.has('child') === false ? 'a process without --allow-child-process' : undefined;
}

function flags(): string[] {
  const given = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  return given.filter((flag) => FLAGS_PASSED_ON.test(flag));
}

function environment(): Record<string, string> {
  return {
    ...passedOn(VARIABLES_PASSED_ON, (value) => value),
    ...passedOn(PATHS_PASSED_ON, absolute),
    ...('electron' in process.versions && { ELECTRON_RUN_AS_NODE: '1' }),
    // Should the executable be an application all the same, it must not end as this one does.
    OTEL_SDK_DISABLED: 'true',
  };
}

/** The child runs in another folder. @returns `undefined` if this process's own folder was deleted */
function absolute(path: string): string | undefined {
  try {
    return path && resolve(path);
  } catch {
    return undefined;
  }
}

function passedOn(names: readonly string[], valueOf: (value: string) => string | undefined): Record<string, string> {
  const set = names.flatMap((name) => {
    const given = process.env[name];
    const value = given === undefined ? undefined : valueOf(given);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(set);
}
