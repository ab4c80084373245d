import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

/** The folder in which SDK 3.x and the built packages are installed. */
const APPLICATION = fileURLToPath(new URL('../../../../test/', import.meta.url));

const PROGRAM = `
  const { start } = require('@spillway/node');
  start({ application: process.cwd() + '/', instrumentations: [], logLevel: 'none' });
  setImmediate(() => {
    const parts = ['zpages', 'spool', 'otlp-grpc'].filter((name) =>
      Object.keys(require.cache).some((file) => file.includes('/packages/' + name + '/dist/index.')));
    if (process.moduleLoadList.includes('NativeModule child_process')) parts.push('child_process');
    console.log(parts.join());
    process.exit();
  });`;

function loadedWith(env: Readonly<Record<string, string>>): string {
  const { stdout } = spawnSync(process.execPath, ['--input-type=commonjs', '--eval', PROGRAM], {
    cwd: APPLICATION,
    env: { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', ...env },
    encoding: 'utf8',
  });
  return stdout.trim();
}

describe('the code of what a start may do', () => {
  it('is not loaded if nothing asks for it', () => {
    expect(loadedWith({})).toBe('');
  });

  it('is loaded for the live page if its port is set', () => {
    expect(loadedWith({ SPILLWAY_ZPAGES_PORT: '0' })).toBe('zpages');
  });

  it('is loaded for the spool if its directory is set', () => {
    const directory = mkdtempSync(join(tmpdir(), 'spillway-loading-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    expect(loadedWith({ SPILLWAY_SPOOL_DIRECTORY: directory })).toBe('spool');
  });
});
