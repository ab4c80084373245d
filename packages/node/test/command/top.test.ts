import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { BackpressureSpanProcessor } from '@spillway/trace';
import { type Report, serveZpages, type ZpagesOptions } from '@spillway/zpages';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { showTop } from '../../src/command/top/top.ts';
import { run, SECRET } from './run.ts';

const TOKEN = `token-${SECRET}`;

/** The page of this process, with one pipeline. */
async function served(options: ZpagesOptions = {}): Promise<URL> {
  const processor = new BackpressureSpanProcessor();
  const page = serveZpages({ port: 0, name: 'shop', ...options });
  onTestFinished(async () => {
    await page.close();
    await processor.shutdown();
  });
  const url = await page.listening();
  return new URL(url ?? '');
}

/** A server that answers everything in the same way. */
async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('top', () => {
  it('prints the page once, as plain text, if its output is not a terminal', async () => {
    const { href } = await served();
    const { code, out, err } = await run(['top', href]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^shop\npid \d+ · Node v/);
    expect(out).toMatch(
      /^traces {2}normal for .*\n {2}BackpressureSpanProcessor to http:\/\/localhost:4318\/v1\/traces$/m,
    );
    expect(out).toContain('Nothing has come in yet.');
    // oxlint-disable-next-line no-control-regex -- what is looked for is the beginning of a colour
    expect(out).not.toMatch(/\x1b/);
  });

  it('prints the report as JSON', async () => {
    const { href } = await served();
    const { code, out } = await run(['top', '--json', href]);
    const report = JSON.parse(out) as Report;
    expect([code, report.name, report.pipelines[0]?.signal]).toEqual([0, 'shop', 'traces']);
  });

  it('finds the page at the port of the variable', async () => {
    const { port } = await served();
    expect(await run(['top'], { SPILLWAY_ZPAGES_PORT: port })).toMatchObject({ code: 0, err: '' });
  });

  it('takes the token from the variable or the URL, and never prints it', async () => {
    const url = await served({ token: TOKEN });
    const without = await run(['top', url.href]);
    expect(without).toEqual({
      code: 1,
      out: '',
      err: `The live page at ${url.href} needs a token: set SPILLWAY_ZPAGES_TOKEN, or write http://:TOKEN@host.\n`,
    });
    expect(await run(['top', url.href], { SPILLWAY_ZPAGES_TOKEN: TOKEN })).toMatchObject({ code: 0 });
    url.password = encodeURIComponent(TOKEN);
    expect(await run(['top', url.href])).toMatchObject({ code: 0 });
    url.password = `${SECRET}-and-wrong`;
    const wrong = await run(['top', url.href]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).not.toContain(SECRET);
  });

  it('says what to do if nothing listens there', async () => {
    const { code, out, err } = await run(['top', 'http://127.0.0.1:1/']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /^There is no live page at http:\/\/127\.0\.0\.1:1\/ \(.+\)\. SPILLWAY_ZPAGES_PORT=1 makes an application serve one\.\n$/,
    );
  });

  it.each([
    [200, '<html></html>', 'is not a live page of Spillway'],
    [200, '{"pipelines":7}', 'is not a live page of Spillway'],
    [404, 'not found', 'answered 404: not found'],
  ])('says what is wrong if a server answers %i with %s', async (status, body, problem) => {
    const { code, err } = await run(['top', await answering(status, body)]);
    expect(code).toBe(1);
    expect(err).toContain(problem);
  });

  it.each([
    [['top', 'localhost:55679'], 'top needs a URL that begins with http:// or https://, got "localhost:55679"'],
    [['top', 'http://a', 'http://b'], '"http://b" is one argument too many'],
    [['top', '--timeout', '10'], 'top takes no --timeout'],
  ])('%j is wrong usage', async (args, problem) => {
    const { code, err } = await run(args);
    expect(code).toBe(2);
    expect(err).toContain(problem);
  });

  it('redraws a terminal each second until q is pressed, and gives it back as it was', async () => {
    const url = await served();
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: vi.fn<(isRaw: boolean) => void>() });
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 60, rows: 12 });
    let drawn = '';
    output.setEncoding('utf8').on('data', (text: string) => (drawn += text));
    const top = showTop({ url: url.href, json: false }, input, output, new PassThrough());
    await vi.waitFor(() => expect(drawn.split('\x1b[H')).toHaveLength(4), { timeout: 5_000 });
    input.write('q');
    expect(await top).toBe(0);
    expect(drawn.startsWith('\x1b[?1049h')).toBe(true);
    expect(drawn.endsWith('\x1b[?1049l')).toBe(true);
    expect(input.setRawMode.mock.calls).toEqual([[true], [false]]);
    const [, , picture = ''] = drawn.split('\x1b[H');
    const lines = picture.split('\r\n');
    expect(lines.length).toBeLessThanOrEqual(12);
    // oxlint-disable-next-line no-control-regex -- colours take no room
    for (const line of lines) expect(line.replaceAll(/\x1b\[[\d;]*[A-Za-z]/g, '').length).toBeLessThanOrEqual(60);
  });

  it('shows in a terminal that the page does not answer, goes on, and fails if it never did', async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 60, rows: 12 });
    let drawn = '';
    output.setEncoding('utf8').on('data', (text: string) => (drawn += text));
    const top = showTop({ url: 'http://127.0.0.1:1/', json: false }, input, output, new PassThrough());
    await vi.waitFor(() => expect(drawn).toContain('There is no live page'));
    input.write('\x03');
    expect(await top).toBe(1);
  });
});

describe('config', () => {
  it('shows where the live page is served, but not its token', async () => {
    const { out } = await run(['config'], {
      SPILLWAY_ZPAGES_PORT: '55679',
      SPILLWAY_ZPAGES_HOST: '0.0.0.0',
      SPILLWAY_ZPAGES_TOKEN: TOKEN,
    });
    expect(out).toMatch(/zpagesPort +55679 +SPILLWAY_ZPAGES_PORT/);
    expect(out).toMatch(/zpagesHost +0\.0\.0\.0 +SPILLWAY_ZPAGES_HOST/);
    expect(out).toMatch(/zpagesToken +\*\*\* +SPILLWAY_ZPAGES_TOKEN/);
    expect(out).not.toContain(TOKEN);
  });
});
