import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spool } from '@spillway/spool';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { run, SECRET } from './run.ts';
import { servers } from './servers.ts';
import { store } from './stored-items.ts';

const { path: pathOf } = useTemporaryFolder();
let count = 0;
const newDirectory = (): string => pathOf(`spool.${(count += 1)}`);

/** All files below a folder, with their sizes. */
function filesIn(folder: string): ReadonlyMap<string, number> {
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map(({ parentPath, name }) => [join(parentPath, name), statSync(join(parentPath, name)).size]),
  );
}

const segmentIn = (directory: string, signal = 'traces'): string =>
  [...filesIn(directory).keys()].find((path) => path.includes(`/${signal}/`) && path.endsWith('.seg')) ?? '';

/** Another application, whose process is this one, which is running. */
function storeRunning(directory: string, service: string): void {
  const place = new Spool({ directory, service }).join({
    name: 'Running',
    signal: 'traces',
    resend: async () => new Promise(() => {}),
    onLost() {},
  });
  const body = new Uint8Array([1, 2, 3]);
  place.store({ items: 7, body: { chunks: [body], byteLength: body.byteLength } }, 'now');
  onTestFinished(() => place.closeNow());
}

/** Lets the owner of the only process folder be somebody else. */
function changeOwner(directory: string, change: Readonly<Record<string, unknown>>): void {
  const path = [...filesIn(directory).keys()].find((file) => file.endsWith('owner.json')) ?? '';
  const owner = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...owner, ...change }));
}

async function withCollector(use: (collector: Collector) => Promise<void>): Promise<void> {
  await using collector = await startCollector();
  await use(collector);
}

describe('spool list', () => {
  it('prints the processes, their signals, items, bytes and age, and a sum', async () => {
    const directory = newDirectory();
    await store({ directory, spans: 10, logRecords: 3, orders: 5 });
    storeRunning(directory, 'billing');
    const { code, out, err } = await run(['spool', 'list', directory]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^billing, process ${process.pid} on \\S+, is running$`)),
      expect.stringMatching(/^ {2}traces: 7 items, 75 bytes, since \d{4}-\d\d-\d\dT[\d:.]+Z$/),
      expect.stringMatching(new RegExp(`^shop, process ${process.pid} on \\S+, has ended$`)),
      expect.stringMatching(/^ {2}logs: 3 items, [\d.]+ (bytes|KiB), since /),
      expect.stringMatching(/^ {2}metrics: 1 item, [\d.]+ (bytes|KiB), since /),
      expect.stringMatching(/^ {2}traces: 10 items, [\d.]+ (bytes|KiB), since /),
      expect.stringMatching(new RegExp(`^21 items, [\\d.]+ KiB in ${directory}$`)),
      '',
    ]);
  });

  it('takes the folder from the variable, and changes nothing', async () => {
    const directory = newDirectory();
    await store({ directory, spans: 10 });
    const before = filesIn(directory);
    const { code, out } = await run(['spool', 'list', '--json'], { SPILLWAY_SPOOL_DIRECTORY: directory });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      directory,
      processes: [{ service: 'shop', owner: { state: 'released' }, chains: [{ signal: 'traces', items: 10 }] }],
    });
    expect(filesIn(directory)).toEqual(before);
  });

  it('of a folder that does not exist says that nothing is there, and makes none', async () => {
    const directory = newDirectory();
    expect(await run(['spool', 'list', directory])).toEqual({
      code: 0,
      out: `Nothing is stored in ${directory}, which does not exist.\n`,
      err: '',
    });
    expect(existsSync(directory)).toBe(false);
  });

  it.each([
    [['spool'], 'spool needs a command: list, verify, replay, purge.'],
    [['spool', 'lst'], 'There is no command spool "lst": list, verify, replay, purge.'],
    [['spool', 'list'], 'A directory is missing: give it, or set SPILLWAY_SPOOL_DIRECTORY.'],
    [['spool', 'list', '/tmp', '/var'], '"/var" is one argument too many.'],
    [['spool', 'list', '/tmp', '--yes'], 'spool list removes nothing unsent, so it takes no --yes.'],
    [['spool', 'verify', '/tmp', '--timeout', '10'], 'spool verify sends nothing, so it takes no --timeout.'],
    [['doctor', '--yes'], 'doctor takes no --yes.'],
  ])('%j is wrong usage, with exit code 2', async (args, problem) => {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(problem);
  });
});

describe('spool verify', () => {
  it('finds that everything is whole', async () => {
    const directory = newDirectory();
    await store({ directory, spans: 10, logRecords: 3 });
    const { code, out } = await run(['spool', 'verify', directory]);
    expect(code).toBe(0);
    expect(out).toMatch(/ {2}traces: 10 items, .*: 1 request, all whole\n/);
    expect(out).toMatch(/\nEverything is whole\.\n$/);
  });

  it('counts the items that are damaged, and changes nothing', async () => {
    const directory = newDirectory();
    await store({ directory, spans: 10, logRecords: 3 });
    const segment = segmentIn(directory);
    truncateSync(segment, statSync(segment).size - 1);
    const before = filesIn(directory);
    const { code, out } = await run(['spool', 'verify', directory]);
    expect(code).toBe(1);
    expect(out).toMatch(/ {2}traces: 10 items, .*: 0 requests are whole, 10 items are damaged\n/);
    expect(out).toContain('10 items are damaged. The next process counts them as spool_corrupt and sends the others.');
    const json = JSON.parse((await run(['spool', 'verify', directory, '--json'])).out) as unknown;
    expect(json).toMatchObject({ damagedItems: 10, unreadableFiles: 0 });
    expect(filesIn(directory)).toEqual(before);
  });
});

describe('spool purge', () => {
  it('without --yes only says what it would remove, with exit code 1', async () => {
    const directory = newDirectory();
    await store({ directory, spans: 10 });
    const before = filesIn(directory);
    const { code, out } = await run(['spool', 'purge', directory]);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^This would remove 10 items, [\d.]+ \w+ of 1 process, unsent\. Nothing was removed: add --yes to remove it\.\n$/,
    );
    expect(filesIn(directory)).toEqual(before);
  });

  it('of nothing is a success', async () => {
    const directory = newDirectory();
    const { code, out } = await run(['spool', 'purge', directory]);
    expect({ code, out }).toEqual({ code: 0, out: `Nothing is stored in ${directory}, which does not exist.\n` });
  });

  it('with --yes removes what processes have left that have ended, and nothing of one that is running', async () => {
    const directory = newDirectory();
    await store({ directory, spans: 10 });
    storeRunning(directory, 'billing');
    const { code, out } = await run(['spool', 'purge', directory, '--yes']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^Removed 10 items, [\d.]+ \w+ of 1 process\.\n {2}kept: billing, process .* is running: 7 items/,
    );
    expect((await run(['spool', 'list', directory])).out).toMatch(/\n7 items, /);
  });
});

describe('files of a process on another system', () => {
  it('are listed as such, and not purged, because it may be running', async () => {
    const directory = newDirectory();
    await store({ directory, spans: 10 });
    changeOwner(directory, { isReleased: false, boot: 'another', host: 'pod-7', pid: 42 });
    const text = 'shop, process 42 on pod-7, runs or ran on another system or in another container';
    expect((await run(['spool', 'list', directory])).out).toContain(`${text}\n  traces: 10 items`);
    const before = filesIn(directory);
    expect((await run(['spool', 'purge', directory, '--yes'])).out).toMatch(
      new RegExp(`^Removed 0 items, 0 bytes of 0 processes\\.\n {2}kept: ${text}: 10 items, `),
    );
    expect(filesIn(directory)).toEqual(before);
  });

  it('are purged if this system knows that the process has ended', async () => {
    const directory = newDirectory();
    await store({ directory, spans: 10 });
    // Its pid is another process's by now.
    changeOwner(directory, { isReleased: false, pid: 1 });
    expect((await run(['spool', 'list', directory])).out).toMatch(/^shop, process 1 on \S+, has ended\n/);
    await run(['spool', 'purge', directory, '--yes']);
    expect(existsSync(join(directory, 'shop'))).toBe(false);
  });
});

describe('spool replay', () => {
  it('sends what processes of all services have left, to the collector of the variables, and leaves no file', () =>
    withCollector(async (collector) => {
      const directory = newDirectory();
      await store({ directory, spans: 10, logRecords: 3, orders: 5 });
      await store({ directory, service: 'a shop/with?odd name', spans: 4 });
      const { code, out, err } = await run(['spool', 'replay', directory], {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET}`,
      });
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`^Delivered 18 of 18 items in ${directory}, within \\d+ ms\\.\n$`));
      expect(collector.countsOf('traces').unique).toBe(14);
      expect(collector.countsOf('logs').unique).toBe(3);
      expect(collector.totalOf('orders')).toBe(5);
      expect(new Set(collector.requests.map(({ headers }) => headers['authorization']))).toEqual(new Set([SECRET]));
      expect([...filesIn(directory).keys()]).toEqual([]);
    }));

  it('leaves what a process has that is running', () =>
    withCollector(async (collector) => {
      const directory = newDirectory();
      await store({ directory, spans: 10 });
      storeRunning(directory, 'billing');
      const { code, out } = await run(['spool', 'replay', directory], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
      expect({ code, out }).toMatchObject({ code: 0 });
      expect(out).toMatch(
        /^Delivered 10 of 10 items .*\nNot touched: 7 items, 75 bytes of 1 process still running\.\n$/,
      );
      expect((await run(['spool', 'list', directory])).out).toMatch(/\n7 items, /);
    }));

  it('without a collector gives up after its time, with exit code 1, and everything is still there', async () => {
    const directory = newDirectory();
    await store({ directory, spans: 10 });
    const { code, out } = await run(['spool', 'replay', directory, '--timeout', '500'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${await servers.nobody()}`,
    });
    expect(code).toBe(1);
    expect(out).toMatch(
      /^Delivered 0 of 10 items .*\n10 items are left\. They stay where they are, and may be replayed again\.\n/,
    );
    await withCollector(async (collector) => {
      const again = await run(['spool', 'replay', directory, '--json'], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
      expect(again.code).toBe(0);
      expect(JSON.parse(again.out)).toMatchObject({ found: 10, delivered: 10, lost: {}, left: 0 });
    });
  });

  it('does not send what is older than the variable allows', () =>
    withCollector(async (collector) => {
      const directory = newDirectory();
      await store({ directory, spans: 10 });
      const { code, out } = await run(['spool', 'replay', directory], {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        SPILLWAY_SPOOL_MAX_AGE: '1',
      });
      expect(code).toBe(1);
      expect(out).toMatch(/^Delivered 0 of 10 items .*\nLost: 10 expired\.\n/);
      expect(collector.requests).toEqual([]);
    }));

  it('says what a collector has refused, with exit code 1', () =>
    withCollector(async (collector) => {
      const directory = newDirectory();
      await store({ directory, spans: 10 });
      collector.setFault({ kind: 'status', code: 400 });
      const { code, out } = await run(['spool', 'replay', directory], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
      expect(code).toBe(1);
      expect(out).toMatch(/^Delivered 0 of 10 items .*\nLost: 10 rejected\.\n/);
    }));

  it.each([401, 403])('keeps what a collector denies with %i, because its credentials can be mended', (code) =>
    withCollector(async (collector) => {
      const directory = newDirectory();
      await store({ directory, spans: 10 });
      collector.setFault({ kind: 'status', code });
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET}` };
      const { code: exitCode, out } = await run(['spool', 'replay', directory, '--timeout', '500'], env);
      expect(exitCode).toBe(1);
      expect(out).toMatch(/^Delivered 0 of 10 items .*\n10 items are left\. They stay where they are/);
    }),
  );

  it('of nothing is a success, and makes nothing', async () => {
    const directory = newDirectory();
    const { code, out } = await run(['spool', 'replay', directory]);
    expect(code).toBe(0);
    expect(out).toBe(`Nothing is stored in ${directory}, which does not exist.\n`);
    expect(existsSync(directory)).toBe(false);
  });
});
