import { describe, expect, it } from 'vitest';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

/** The states of all signals, right after a start. */
async function statesWith(options: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const { stdout, stderr } = await programs.run(
    `${FILL_HEAP}
     const { signals } = start({ application, ${options} }).status();
     console.log(JSON.stringify(Object.values(signals).map(({ exporters }) => exporters[0].metrics.state)));`,
    env,
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Fills 83 % of a heap of 200 MiB with live objects; the SDK takes some more. Returns no options. */
const FILL_HEAP = `
  function fillHeap() {
    const { getHeapSpaceStatistics } = process.getBuiltinModule('node:v8');
    const held = (globalThis.held = []);
    const old = () => getHeapSpaceStatistics().filter(({ space_name: name }) => !name.startsWith('new_'));
    while (old().reduce((sum, { space_used_size: size }) => sum + size, 0) < 0.83 * 200 * 2 ** 20) {
      held.push(Array.from({ length: 1_000 }, (_, index) => index + 0.5));
    }
    return {};
  }`;

/**
 * Holds spans for an exporter that keeps them as objects and never finishes, and prints the state under the heap
 * pressure.
 */
const HELD_ON_THE_HEAP = `
  const exporter = { export() {}, shutdown: async () => {} };
  const handle = start({ application, exit: 'none', traces: { ...fillHeap(), exporter }, logs: { exporters: ['none'] } });
  for (let span = 0; span < 8_000; span += 1) trace.getTracer('test').startSpan('order').end();
  setTimeout(() => {
    console.log(handle.status().signals.traces.exporters[0].metrics.state);
    process.exit(0);
  }, 600);`;

const FULL = '{ utilization: () => 1 }';

describe('the pressure of a start', () => {
  it('applies to every signal', async () => {
    expect(await statesWith(`pressure: [${FULL}]`)).toEqual(['blocked', 'blocked', 'blocked']);
  });

  it('is replaced by the pressure of a signal', async () => {
    expect(await statesWith(`pressure: [${FULL}], traces: { pressure: [] }`)).toEqual(['normal', 'blocked', 'blocked']);
    expect(await statesWith(`pressure: false, logs: { pressure: [${FULL}] }`)).toEqual(['normal', 'blocked', 'normal']);
  });

  it('is 0 by default in a process with enough memory', async () => {
    expect(await statesWith('')).toEqual(['normal', 'normal', 'normal']);
  });

  it.each([
    ['', /elevated|critical|blocked/],
    ['heap', /elevated|critical|blocked/],
    ['container_memory', /normal/],
    ['none', /normal/],
  ])(
    'comes from the heap if the heap is almost full, items on it are held, and SPILLWAY_PRESSURE is "%s"',
    async (pressure, state) => {
      const env = { SPILLWAY_PRESSURE: pressure, NODE_OPTIONS: '--max-old-space-size=200' };
      const { stdout, stderr } = await programs.run(`${FILL_HEAP} ${HELD_ON_THE_HEAP}`, env);
      expect(stdout, stderr).toMatch(state);
    },
  );

  it('is 0 if the heap is almost full of other data, because dropping spans would not relieve it', async () => {
    const env = { NODE_OPTIONS: '--max-old-space-size=200' };
    expect(await statesWith('traces: fillHeap()', env)).toEqual(['normal', 'normal', 'normal']);
  });
});
