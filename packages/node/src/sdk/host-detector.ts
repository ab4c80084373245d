import { readFileSync } from 'node:fs';
import { arch, hostname } from 'node:os';

/** The files with the machine id on Linux, in the order in which OpenTelemetry's detector looks. */
const MACHINE_ID_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id'];

/**
 * Names of architectures that differ from Node's.
 * https://github.com/open-telemetry/semantic-conventions/blob/03e4c32b30f0cfd6c92c6854c50cdbb9172d77aa/docs/registry/attributes/host.md#host-arch
 */
const ARCHITECTURES: Readonly<Record<string, string>> = { arm: 'arm32', ppc: 'ppc32', x64: 'amd64' };

/**
 * Finds the same attributes as OpenTelemetry's host detector on Linux, but synchronously. OpenTelemetry's detector
 * reads the machine id in the background. A worker thread that ends meanwhile leaks a file descriptor, because Node
 * does not close a file that it opened for a thread that is gone. And the first export has to wait for the id.
 */
export const hostDetectorOfLinux = {
  detect: () => ({
    attributes: { 'host.name': hostname(), 'host.arch': ARCHITECTURES[arch()] ?? arch(), ...machineId() },
  }),
};

/** Whether a detector is OpenTelemetry's own, from any copy of its package. */
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
