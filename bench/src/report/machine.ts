import { readFileSync } from 'node:fs';
import os from 'node:os';

/** The machine and the versions of a measurement. Figures of different machines do not belong in one file. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly platform: string;
  readonly node: string;
  /** The exact versions that the bench depends on. */
  readonly versions: Readonly<Record<string, string>>;
}

const MANIFEST = new URL('../../package.json', import.meta.url);

/** This machine and its Node version in a sentence, for documents. */
export function machineText(): string {
  const { cpu, cores } = describeMachine();
  return `Node ${process.versions.node}, ${cores} cores, ${cpu}.`;
}

/** This machine. */
export function describeMachine(): Machine {
  const manifest: Record<'dependencies' | 'devDependencies', Record<string, string>> = JSON.parse(
    readFileSync(MANIFEST, 'utf8'),
  );
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGigabytes: Math.round(os.totalmem() / 2 ** 30),
    platform: `${os.platform()} ${os.release()} ${os.arch()}`,
    node: process.version,
    versions: { ...manifest.dependencies, ...manifest.devDependencies },
  };
}
