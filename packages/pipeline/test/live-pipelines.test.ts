import { describe, expect, it, vi } from 'vitest';
import { collectGarbage } from '../../otlp/test/buffer/collect-garbage.ts';
import { ExportPipeline, type ItemExporter, type LivePipeline, livePipelines, onPipeline } from '../src/index.ts';

/** Exports immediately. */
const exporter: ItemExporter<string> = {
  export: (_, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve(),
};

const items = { resourceOf: () => undefined };

const pipelineNamed = (name: string, Pipeline = ExportPipeline) =>
  new Pipeline<string>(name, 'logs', exporter, items, { maxQueueSize: 10, strategy: 'drop_newest' });

const namesBeginningWith = (prefix: string): string[] =>
  livePipelines()
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix));

describe('the live pipelines of a process', () => {
  it('are listed with name, signal and counters of the moment, until their shutdown is over', async () => {
    const pipeline = pipelineNamed('Listed');
    const listed = livePipelines().find(({ name }) => name === 'Listed');
    expect(listed).toMatchObject({ name: 'Listed', signal: 'logs' });
    for (let index = 0; index < 12; index += 1) pipeline.offer(`item ${index}`);
    expect(listed?.getMetrics()).toMatchObject({ eventsOffered: 12, eventsRefused: 2 });
    const shutdown = pipeline.shutdown();
    expect(namesBeginningWith('Listed')).toEqual(['Listed']);
    await shutdown;
    expect(namesBeginningWith('Listed')).toEqual([]);
  });

  it('have each a number of its own, and tell why they are in their state and where they send, without secrets', async () => {
    const first = pipelineNamed('Inspected 1');
    const second = pipelineNamed('Inspected 2');
    const [one, other] = livePipelines().filter(({ name }) => name.startsWith('Inspected'));
    expect(one?.id).not.toBe(other?.id);
    expect(one?.inspect()).toMatchObject({
      utilization: { items: 0 },
      pause: undefined,
      samplingProbability: 1,
      destination: { exporter: 'Object', url: undefined, protocol: undefined, proxy: undefined },
    });
    await Promise.all([first.shutdown(), second.shutdown()]);
  });

  it('take observers, which are told of every flush from then on', async () => {
    const pipeline = pipelineNamed('Observed');
    const flushes: number[] = [];
    const observed = livePipelines().find(({ name }) => name === 'Observed');
    const remove = observed?.observe({ onFlush: ({ items: count }) => flushes.push(count) });
    pipeline.offer('item');
    await pipeline.flushItems(1_000);
    remove?.();
    pipeline.offer('item');
    await pipeline.flushItems(1_000);
    expect(flushes).toEqual([1]);
    await pipeline.shutdown();
  });

  it('are told to a listener when they begin, and a listener that throws does not keep them from beginning', async () => {
    const begun: LivePipeline[] = [];
    const ends = [
      onPipeline(() => {
        throw new Error('bug');
      }),
      onPipeline((pipeline) => begun.push(pipeline)),
    ];
    const pipeline = pipelineNamed('Begun');
    for (const end of ends) end();
    const later = pipelineNamed('Begun later');
    expect(begun.map(({ name }) => name)).toEqual(['Begun']);
    pipeline.offer('item');
    expect(begun[0]?.getMetrics().eventsOffered).toBe(1);
    await Promise.all([pipeline.shutdown(), later.shutdown()]);
  });

  it('are not listed if they were given up, or if their options were refused', () => {
    pipelineNamed('Ended').giveUp();
    expect(() => new ExportPipeline('Ended', 'logs', exporter, items, { maxQueueSize: 0 })).toThrow(RangeError);
    expect(namesBeginningWith('Ended')).toEqual([]);
  });

  it('include those of other copies of this package', async () => {
    const own = pipelineNamed('Copy 1');
    vi.resetModules();
    const { ExportPipeline: Other, livePipelines: otherList } = await import('../src/index.ts');
    expect(Other).not.toBe(ExportPipeline);
    const other = pipelineNamed('Copy 2', Other);
    expect(namesBeginningWith('Copy')).toEqual(['Copy 1', 'Copy 2']);
    expect(otherList().map(({ name }) => name)).toEqual(livePipelines().map(({ name }) => name));
    await Promise.all([own.shutdown(), other.shutdown()]);
    expect(namesBeginningWith('Copy')).toEqual([]);
  });

  it('do not include those that were dropped without a shutdown, which can be freed', async () => {
    for (let index = 0; index < 20; index += 1) pipelineNamed(`Dropped ${index}`);
    // The turn that a new controller schedules refers to it.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(namesBeginningWith('Dropped')).toEqual([]);
  });

  it('are not registered on a platform without weak references, because they would never be freed', () => {
    vi.stubGlobal('WeakRef', undefined);
    try {
      pipelineNamed('Weak');
    } finally {
      vi.unstubAllGlobals();
    }
    expect(namesBeginningWith('Weak')).toEqual([]);
  });
});
