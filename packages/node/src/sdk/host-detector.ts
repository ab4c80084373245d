import { readFileSync } from 'node:fs';
import { arch, hostname } from 'node:os';

/** Where Linux keeps the id of the machine, in the order in which OpenTelemetry's detector looks. */
const MACHINE_ID_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id'];

/**
 * Names of architectures where they differ from Node's.
 * https://github.com/open-telemetry/semantic-conventions/blob/03e4c32b30f0cfd6c92c6854c50cdbb9172d77aa/docs/registry/attributes/host.md#host-arch
 */
const ARCHITECTURES: Readonly<Record<string, string>> = { arm: 'arm32', ppc: 'ppc32', x64: 'amd64' };

/**
 * What OpenTelemetry's host detector finds on Linux, at once. That one reads the id of the machine in the background, so
 * that a worker thread which ends meanwhile leaks a file descriptor: Node does not close a file that it opens for a
 * thread that is gone. And the first export has to wait for it.
 */
export const hostDetectorOfLinux = {
  detect: () => ({ attributes: { 'host.name': hostname(), 'host.arch': ARCHITECTURES[arch()] ?? arch(), ...machineId() } }),
};

/** Whether a detector is OpenTelemetry's own, of whichever copy of its package. */
export function isHostDetector(detector: unknown): boolean {
  return (detector as object | undefined)?.constructor?.name === 'HostDetector';
}

function machineId(): { readonly 'host.id'?: string } {
  for (const file of MACHINE_ID_FILES) {
    try {
      return { 'host.id': readFileSync(file, 'utf8').trim() };
    } catch {
      // Many containers have neither.
    }
  }
  return {};
}
