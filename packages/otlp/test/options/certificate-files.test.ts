import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { mintCertificates } from '../../../../test/collector/src/index.ts';
import { certificateReader } from '../../src/options/certificate-files.node.ts';

function volume() {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return (content: string): string => {
    const path = join(folder, 'ca');
    writeFileSync(path, content);
    return path;
  };
}

it('a certificate is replaced by one of the same length', () => {
  const [old, next] = [mintCertificates().ca, mintCertificates().ca];
  const length = Math.max(old.length, next.length);
  const write = volume();
  const read = certificateReader({ certificateFile: write(old.padEnd(length)) }, (option) => option, expect.fail);
  expect(String(read?.()?.ca).trim()).toBe(old.trim());
  const before = read?.();
  expect(read?.()).toBe(before);
  write(next.padEnd(length));
  expect(String(read?.()?.ca).trim()).toBe(next.trim());
});

it('a key that was pasted into the variable of its file does not appear in the warning', () => {
  const { ca } = mintCertificates();
  const warnings: string[] = [];
  certificateReader(
    { certificateFile: ca },
    () => 'VARIABLE',
    (message) => warnings.push(message),
  )?.();
  expect(warnings).toEqual([expect.stringMatching(/^VARIABLE: its file cannot be read \(E[A-Z]+\)$/)]);
});
