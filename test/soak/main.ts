// `npm run soak [-- --seconds N --seed N]`: random load, random faults, and the question whether everything is accounted for
// and given back at the end. The same seed brings the same pipelines, load and faults; what time makes of them differs.
import { parseArgs } from 'node:util';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { spawnCollector } from '../collector/src/index.ts';
import { footprint, growth } from './footprint.ts';
import { report } from './report.ts';
import { Soak } from './soak.ts';

/** Until this run is over, whatever is loaded and compiled only once has been. */
const WARM_UP_SECONDS = 5;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' }, seed: { type: 'string', default: String(Date.now() % 2 ** 31) } } });
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (!(seconds > 0 && Number.isSafeInteger(seed))) throw new RangeError(`--seconds must be above 0 and --seed a whole number, got ${values.seconds} and ${values.seed}`);
console.log(`soak: ${seconds} s, --seed ${seed}`);

// Faults are expected to be spoken of; what is said is not read here, but making it is part of the load.
const silent = () => undefined;
diag.setLogger({ error: silent, warn: silent, info: silent, debug: silent, verbose: silent }, { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true });

const collector = await spawnCollector({ decode: 'ids' });
const atFirst = await footprint();
await new Soak(seed, collector).run(WARM_UP_SECONDS);
await collector.reset();
const before = await footprint();

const problems = await soaked();
const after = await footprint();
const grown = (['heapBytes', 'externalBytes'] as const).map((what) => ((after[what] - before[what]) / 2 ** 20).toFixed(1));
console.log(`grown: heap by ${grown[0]} MiB, external memory by ${grown[1]} MiB`);
problems.push(...growth({ ...before, open: atFirst.open, active: atFirst.active }, after));
await collector.close();

for (const problem of problems) console.log(`FAILED ${problem}`);
console.log(problems.length === 0 ? 'everything is accounted for and given back' : `repeat with --seconds ${seconds} --seed ${seed}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** In a function, so that nothing of it is left when it is over. */
async function soaked(): Promise<string[]> {
  const soak = new Soak(seed, collector);
  await soak.run(seconds);
  return report(soak, collector);
}
