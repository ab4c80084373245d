import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { wallTime } from '@spillway/backpressure';
import type { OutgoingRequest } from '@spillway/otlp';
import { shippingMessage } from './shipping-message.ts';
import { SHIPPING_PROGRAM } from './shipping-program.ts';

/** What a process waits for at most while it ends. */
export const SHIP_LIMIT_MILLIS = 1_000;

/** The child ends by itself this much before the limit. */
const CHILD_MARGIN_MILLIS = 150;
/** And is killed this much before, where it does not: a process that held much takes a while to be gone. */
const KILL_MARGIN_MILLIS = 50;

/** Variables without which the child may not start, or not find whom to trust. No others: they hold secrets. */
const VARIABLES_PASSED_ON = [
  ...['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot', 'TEMP'],
  ...['NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_USE_SYSTEM_CA', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'OPENSSL_CONF'],
];
const FLAGS_PASSED_ON = /^--(use-(system|openssl|bundled)-ca|dns-result-order=\w+|tls-m(in|ax)-v[\d.]+)$/;

/**
 * Sends requests from a child process, and waits for it. Never throws, never prints.
 *
 * It waits, because a child that is left behind is killed with the container whose first process this is, or with the
 * service of systemd that it belongs to: those are the very places where applications end. And a child, because nothing
 * asynchronous happens any more in a process that ends.
 * @param startedAt when the end began, on the clock of `Date.now()`: the limit counts from there
 */
export function ship(requests: readonly OutgoingRequest[], startedAt = wallTime(), limitMillis = SHIP_LIMIT_MILLIS): void {
  try {
    const input = shippingMessage(requests, startedAt + limitMillis - CHILD_MARGIN_MILLIS);
    const timeout = Math.round(startedAt + limitMillis - KILL_MARGIN_MILLIS - wallTime());
    if (timeout <= 0) return;
    spawnSync(process.execPath, [...flags(), '--no-warnings', '--eval', SHIPPING_PROGRAM], {
      input,
      timeout,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'ignore', 'ignore'],
      env: environment(),
      // The application's may be gone by now.
      cwd: dirname(process.execPath),
      windowsHide: true,
    });
  } catch {
    // It may not be allowed to have children. There is nobody left to tell.
  }
}

/** Why nothing can be shipped from this process; `undefined` where it can. */
export function shippingObstacle(): string | undefined {
  const { isSea } = (process.getBuiltinModule('node:sea') ?? {}) as { isSea?: () => boolean };
  // `process.execPath` is the application there, once more.
  if (isSea?.() === true || 'pkg' in process) return 'a single executable application';
  const { permission } = process as { readonly permission?: { has(scope: string): boolean } };
  return permission?.has('child') === false ? 'a process without --allow-child-process' : undefined;
}

function flags(): string[] {
  const given = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  return given.filter((flag) => FLAGS_PASSED_ON.test(flag));
}

function environment(): Record<string, string> {
  const passedOn = VARIABLES_PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passedOn),
    ...('electron' in process.versions && { ELECTRON_RUN_AS_NODE: '1' }),
    // Should the executable be an application all the same, it must not end as this one does.
    OTEL_SDK_DISABLED: 'true',
  };
}
