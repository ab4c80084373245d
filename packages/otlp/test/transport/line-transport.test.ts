import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createLineTransport } from '../../src/transport/line-transport.node.ts';
import { describeAttemptContract } from './attempt-contract.ts';
import { bodyOf, send } from './sending.ts';

/** `resource_spans` with only a `schema_url`. */
const schemaUrl = (url: string) => bodyOf(Uint8Array.of(0x0a, url.length + 2, 0x1a, url.length, ...Buffer.from(url)));
const lineOf = (url: string) => `{"resourceSpans":[{"schemaUrl":"${url}"}]}\n`;

/** A stream whose reader takes each chunk when it is told to. */
function slowStream() {
  const taken: string[] = [];
  const pending: (() => void)[] = [];
  let isFlowing = false;
  const stream = new Writable({
    write(chunk: Buffer, _, callback) {
      const take = () => {
        taken.push(chunk.toString());
        callback();
      };
      if (isFlowing) take();
      else pending.push(take);
    },
  });
  const flow = () => {
    isFlowing = true;
    for (const take of pending.splice(0)) take();
  };
  return { stream, taken, pending, flow };
}

describeAttemptContract('lines', async ({ standsStill }) => {
  const { stream, pending, taken, flow } = slowStream();
  if (!standsStill) flow();
  return {
    create: (timeoutMillis = 0) => createLineTransport('traces', stream, timeoutMillis),
    taken: () => pending.length + taken.length,
    release: flow,
  };
});

it('a request becomes a line, and counts as delivered when the stream has passed it on', async () => {
  const { stream, taken, pending } = slowStream();
  const transport = createLineTransport('traces', stream, 0);
  const settled = vi.fn<(outcome: unknown) => void>();
  const sending = send(transport, schemaUrl('a')).then(settled);
  await vi.waitFor(() => expect(pending).toHaveLength(1));
  expect(settled).not.toHaveBeenCalled();
  pending[0]?.();
  await sending;
  expect(settled).toHaveBeenCalledExactlyOnceWith({ kind: 'delivered' });
  expect(taken).toEqual([lineOf('a')]);
});

it('a line is not made before the line before it has left the stream', async () => {
  const { stream, taken, pending } = slowStream();
  const transport = createLineTransport('traces', stream, 0);
  const sending = ['a', 'b', 'c'].map((url) => send(transport, schemaUrl(url)));
  for (let count = 1; count <= 3; count += 1) {
    await vi.waitFor(() => expect(pending).toHaveLength(count));
    expect(stream.writableLength).toBe(lineOf('a').length);
    pending[count - 1]?.();
  }
  expect(await Promise.all(sending)).toEqual(Array.from({ length: 3 }, () => ({ kind: 'delivered' })));
  expect(taken.toSorted()).toEqual([lineOf('a'), lineOf('b'), lineOf('c')]);
});

it('a reader that stands still makes attempts time out, and at most one line waits in the stream', async () => {
  const { stream, taken, flow } = slowStream();
  const transport = createLineTransport('traces', stream, 30);
  for (const url of ['a', 'b']) {
    expect(await send(transport, schemaUrl(url))).toMatchObject({ kind: 'retry', timedOut: true });
  }
  expect(stream.writableLength).toBe(lineOf('a').length);
  flow();
  expect(await send(transport, schemaUrl('b'))).toEqual({ kind: 'delivered' });
  expect(taken).toEqual([lineOf('a'), lineOf('b')]);
});

it('a stream that fails is a passing failure, and its error does not end the process', async () => {
  const stream = new Writable({ write: (_, __, callback) => callback(new Error('nobody reads')) });
  const transport = createLineTransport('traces', stream, 0);
  expect(await send(transport, schemaUrl('a'))).toMatchObject({
    kind: 'retry',
    error: { message: 'the output for lines could not be written to: nobody reads' },
  });
  // Without a listener, the event would be an uncaught exception, which vitest reports as an error of the run.
  expect(stream.destroyed).toBe(true);
});

it('bytes that are no request are refused, and the next line is written', async () => {
  const taken: string[] = [];
  const stream = new Writable({ write: (chunk: Buffer, _, callback) => (taken.push(chunk.toString()), callback()) });
  const transport = createLineTransport('traces', stream, 0);
  expect(await send(transport, bodyOf(Uint8Array.of(0x0a, 9)))).toMatchObject({ kind: 'refused' });
  expect(await send(transport, schemaUrl('a'))).toEqual({ kind: 'delivered' });
  expect(taken).toEqual([lineOf('a')]);
});

it('a line can be written at once when the process ends, after the end of a line that is half written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lines-'));
  const file = join(folder, 'lines.jsonl');
  const fd = openSync(file, 'w');
  onTestFinished(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  const { stream, pending } = slowStream();
  const transport = createLineTransport('traces', Object.assign(stream, { fd }), 0);
  void send(transport, schemaUrl('a'));
  await vi.waitFor(() => expect(pending).toHaveLength(1));
  const outcome = transport.sendNow?.(schemaUrl('b'));
  expect(readFileSync(file, 'utf8')).toBe(`\n${lineOf('b')}`);
  expect(await outcome).toEqual({ kind: 'delivered' });
  expect(createLineTransport('traces', slowStream().stream, 0).sendNow?.(schemaUrl('b'))).toBeUndefined();
});

it('a line can be written in the turn in which the transport was made', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lines-'));
  const file = join(folder, 'lines.jsonl');
  const fd = openSync(file, 'w');
  onTestFinished(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  const transport = createLineTransport('traces', Object.assign(slowStream().stream, { fd }), 0);
  const outcome = transport.sendNow?.(schemaUrl('a'));
  expect(readFileSync(file, 'utf8')).toBe(lineOf('a'));
  expect(await outcome).toEqual({ kind: 'delivered' });
});

it('lines of all signals are given up together if nobody reads them while the process ends', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lines-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  // Opened for reading as well, because a pipe without a reader cannot be opened. Nobody reads it.
  const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  expect(() => {
    for (;;) writeSync(fd, new Uint8Array(4_096));
  }).toThrow('EAGAIN');
  const output = Object.assign(slowStream().stream, { fd });
  const transports = (['traces', 'logs', 'metrics'] as const).map((signal) => createLineTransport(signal, output, 0));
  expect(transports[0]?.sendNow?.(schemaUrl('a'))).toBeUndefined();
  const startedAt = performance.now();
  for (const transport of transports.slice(1)) expect(transport.sendNow?.(schemaUrl('a'))).toBeUndefined();
  // With a bound of its own, each would have taken that long.
  expect(performance.now() - startedAt).toBeLessThan(850);
});
