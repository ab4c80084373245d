// `npm run soak [-- --seconds N --seed N]`: runs random load with random faults, and checks at the end that all items
// are accounted for and all resources are released. The same seed gives the same pipelines, load and faults; timing
// still varies.
import { parseArgs } from 'node:util';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { spawnCollector } from '../collector/src/index.ts';
import { footprint, growth } from './footprint.ts';
import { report } from './report.ts';
import { Soak } from './soak.ts';

/** After a run of this length, all code has been loaded and compiled. */
const WARM_UP_SECONDS = 5;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (!(seconds > 0 && Number.isSafeInteger(seed)))
  throw new RangeError(`--seconds must be above 0 and --seed a whole number, got ${values.seconds} and ${values.seed}`);
console.log(`soak: ${seconds} s, --seed ${seed}`);

// Faults cause log lines. They are not read here, but making them is part of the load.
const silent = () => undefined;
diag.setLogger(
  { error: silent, warn: silent, info: silent, debug: silent, verbose: silent },
  { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
);

const collector = await spawnCollector({ decode: 'ids' });
const atFirst = await footprint();
await new Soak(seed, collector).run(WARM_UP_SECONDS);
await collector.reset();
const before = await footprint();

const problems = await soaked();
const after = await footprint();
const grown = (['heapBytes', 'externalBytes'] as const).map((what) =>
  ((after[what] - before[what]) / 2 ** 20).toFixed(1),
);
console.log(`grown: heap by ${grown[0]} MiB, external memory by ${grown[1]} MiB`);
problems.push(...growth({ ...before, open: atFirst.open, active: atFirst.active }, after));
await collector.close();

for (const problem of problems) console.log(`FAILED ${problem}`);
console.log(
  problems.length === 0
    ? 'all items are accounted for and all resources are released'
    : `repeat with --seconds ${seconds} --seed ${seed}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

/** A function, so that none of its objects are left when it returns. */
async function soaked(): Promise<string[]> {
  const soak = new Soak(seed, collector);
  await soak.run(seconds);
  return report(soak, collector);
}
