import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { candidatesOf, isKnownLocally } from '../../src/transport/name-files.node.ts';

function file(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'name-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), content);
  return join(folder, 'file');
}

it.for([
  'localhost',
  'LOCALHOST.',
  'a.localhost',
  'printer.local',
  'collector',
  'Collector.Test',
  'collector.test.',
  'other',
])('the platform knows %s without a name server', (name) => {
  expect(
    isKnownLocally(name, file('127.0.0.1 collector Collector.test # not.this\n#::1 nor.this\n10.0.0.1\tother\r\n')),
  ).toBe(true);
});

it.for(['not.this', 'nor.this', 'a.collector.test', '10.0.0.1', 'mylocalhost', ''])(
  'the platform does not know %j without a name server',
  (name) => {
    expect(isKnownLocally(name, file('127.0.0.1 collector.test # not.this\n#::1 nor.this\n'))).toBe(false);
  },
);

it('no name is known locally without a hosts file', () => {
  expect(isKnownLocally('collector.test', '/no/such/file')).toBe(false);
});

it.for([
  ['', 'collector', ['collector']],
  ['search a.test b.test.', 'collector', ['collector.a.test', 'collector.b.test', 'collector']],
  ['search a.test', 'collector.test', ['collector.test', 'collector.test.a.test']],
  ['search a.test\noptions edns0 ndots:5', 'collector.ns', ['collector.ns.a.test', 'collector.ns']],
  ['search a.test\noptions ndots:5', 'collector.ns.', ['collector.ns']],
  ['domain a.test\nsearch b.test # c.test', 'collector', ['collector.b.test', 'collector']],
  ['search .', 'collector', ['collector']],
] as const)(
  'with %j in resolv.conf, name servers are asked for %s as the platform would ask them',
  ([content, name, candidates]) => {
    expect(candidatesOf(name, file(content))).toEqual(candidates);
  },
);
