import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { zpagesServer } from '../bundle-programs.ts';
import { ask, reportAt } from './served-page.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

describe('the live page of another process', () => {
  let folder = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'spillway-zpages-'));
    await build({
      stdin: {
        contents: `export { serveZpages } from '@spillway/zpages'; export { ExportPipeline } from '@spillway/pipeline'; export { diag } from '@opentelemetry/api';`,
        resolveDir: join(ROOT, 'test'),
      },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: join(folder, 'spillway.cjs'),
      tsconfig: join(ROOT, 'tsconfig.json'),
      define: zpagesServer(),
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts a program that may use `diag`, `serveZpages`, `pipeline` and `print`. */
  function started(program: string, nodeOptions: readonly string[] = []) {
    const file = join(folder, `program-${Math.random().toString(36).slice(2)}.cjs`);
    writeFileSync(
      file,
      `const { diag, serveZpages, ExportPipeline } = require('./spillway.cjs');
       const exporter = { export: (_, done) => done({ code: 0 }), shutdown: async () => {} };
       const pipeline = new ExportPipeline('Blocked', 'logs', exporter, { resourceOf: () => undefined }, { maxQueueSize: 100, strategy: 'drop_newest' });
       const print = (text) => process.stdout.write(text + '\\n');
       ${program}`,
    );
    const child = spawn(process.execPath, [...nodeOptions, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const nextLine = async () => String((await lines.next()).value);
    return { child, nextLine };
  }

  it('answers while the event loop is blocked, says for how long, and shows the last figures', async () => {
    const { child, nextLine } = started(`
      const page = serveZpages({ port: 0 });
      page.listening().then((url) => {
        for (let item = 0; item < 7; item += 1) pipeline.offer('item');
        print(url);
        process.stdin.once('data', () => {
          print('blocked');
          const end = Date.now() + 3000;
          while (Date.now() < end);
          print('over');
        });
      });`);
    const url = await nextLine();
    await vi.waitFor(async () => expect((await reportAt(url)).pipelines[0]?.metrics.eventsOffered).toBe(7));
    expect((await reportAt(url)).mainThread.blockedMs).toBeUndefined();
    child.stdin.write('go\n');
    expect(await nextLine()).toBe('blocked');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const first = await reportAt(url);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const asked = performance.now();
    const second = await reportAt(url);
    expect(performance.now() - asked).toBeLessThan(500);
    expect(first.mainThread.blockedMs).toBeGreaterThan(500);
    expect((second.mainThread.blockedMs ?? 0) - (first.mainThread.blockedMs ?? 0)).toBeGreaterThan(900);
    expect(second.mainThread.figuresMs).toBeGreaterThan(1_000);
    expect(second.pipelines).toMatchObject([{ name: 'Blocked', metrics: { eventsOffered: 7 } }]);
    expect((await ask(url)).body).toMatch(/Event loop blocked for \d\.\d s: the main thread does not answer\./);
    expect(await nextLine()).toBe('over');
    // The line comes from within the block: the event loop turns, and tells the page so, only after it.
    await vi.waitFor(async () => expect((await reportAt(url)).mainThread.blockedMs).toBeUndefined());
  });

  it('has figures if it is opened for the first time during a block, because it also asks while nobody looks', async () => {
    const { nextLine } = started(`
      serveZpages({ port: 0 }).listening().then((url) => setTimeout(() => {
        print(url);
        const end = Date.now() + 4000;
        while (Date.now() < end);
      }, 500));
      for (let item = 0; item < 7; item += 1) pipeline.offer('item');`);
    const report = await reportAt(await nextLine());
    expect(report.mainThread.blockedMs).toBeGreaterThan(500);
    expect(report.pipelines).toMatchObject([{ name: 'Blocked', metrics: { eventsOffered: 7 } }]);
  });

  it.each([
    ['nobody asks for its address', 'serveZpages({ port: 0 }); setTimeout(() => {}, 500);'],
    ['it is listening', 'serveZpages({ port: 0 }).listening();'],
    [
      'its port is in use',
      'require("node:net").createServer().listen(0, "127.0.0.1", function () { serveZpages(this.address()).listening().then(() => this.close()); });',
    ],
  ])('keeps no process alive if %s', async (_, program) => {
    const { child } = started(`pipeline.giveUp(); ${program}`);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('does not run what the application loads first, and does not see its variables', async () => {
    const preload = join(folder, 'preload.cjs');
    writeFileSync(preload, `process.stdout.write('loaded in ' + require('node:worker_threads').threadId + '\\n');`);
    const { nextLine } = started(`serveZpages({ port: 0 }).listening().then(print);`, ['--require', preload]);
    expect(await nextLine()).toBe('loaded in 0');
    expect(await nextLine()).toMatch(/^http:/);
  });

  it('is that of one process of a cluster, and costs the others a warning', async () => {
    const { child, nextLine } = started(`
      const cluster = require('node:cluster');
      if (cluster.isPrimary) {
        require('node:net').createServer().listen(0, '127.0.0.1', function () {
          const { port } = this.address();
          this.close(() => { for (const _ of [1, 2, 3]) cluster.fork({ PORT: port }); });
        });
        let told = 0;
        cluster.on('message', (_, text) => {
          print(text.replace(/[0-9]{4,}/, 'PORT'));
          told += 1;
          if (told === 3) process.exit();
        });
      } else {
        const tell = (text) => process.send(text);
        diag.setLogger({ error: tell, warn: tell, info: tell, debug() {}, verbose() {} });
        serveZpages({ port: Number(process.env.PORT) });
        setInterval(() => {}, 1000);
      }`);
    const lines = [await nextLine(), await nextLine(), await nextLine()].toSorted();
    expect(lines).toEqual([
      expect.stringMatching(/^Spillway cannot serve its live page: port PORT is in use/),
      expect.stringMatching(/^Spillway cannot serve its live page: port PORT is in use/),
      'Spillway serves its live page at http://127.0.0.1:PORT/',
    ]);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('is not served if there may be no threads, and the application runs on', async () => {
    const { child, nextLine } = started(
      `serveZpages({ port: 0 }).listening().then((url) => { print(String(url)); pipeline.giveUp(); });`,
      ['--permission', '--allow-fs-read=*'],
    );
    expect(await nextLine()).toBe('undefined');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
