// `npm run reliability`: lets every fault happen to pipelines of both signals under load, fills queues with items of every size,
// makes and ends ten thousand pipelines, and writes the results into docs/reliability.md. Some faults also happen to
// upstream's pipelines. It fails if a result is not as it should be. The tests of test/reliability check the same with
// smaller numbers.
//
//   --longest-outage 60   outages of two signals last up to this many seconds; default 6
//   --seed 7   the lengths of these outages follow from it; default 1
//   --only outages   only that part; the other parts are faults, beside-upstream, names, sizes and pipelines
//   --wire gRPC   prints, and does not write, what happens over this wire alone
import { parseArgs } from 'node:util';
import { grouped } from '../bench/src/report/figure-text.ts';
import { machineText } from '../bench/src/report/machine.ts';
import { markdownTable } from '../bench/src/report/markdown-table.ts';
import type { EventSignal } from '../test/collector/src/index.ts';
import type { FaultOutcome } from '../test/reliability/fault-outcome.ts';
import { FAULTS } from '../test/reliability/faults.ts';
import { fillQueue, type FullQueue, ITEM_SIZES } from '../test/reliability/item-sizes.ts';
import { measureFault } from '../test/reliability/measure-fault.ts';
import { TABLE_PACE } from '../test/reliability/pace.ts';
import { happensOver, type ReliabilityFault } from '../test/reliability/reliability-fault.ts';
import { type Wire, WIRES } from '../test/faults/wire.ts';
import { writeGeneratedSection } from './generated-section.ts';
import {
  faultsBesideUpstream,
  type MeasuredTable,
  outages,
  silentName,
  twoSignals,
} from './reliability-beside-upstream.ts';

const DOCUMENT = 'docs/reliability.md';
const SIGNALS = ['traces', 'logs'] as const;
const ITEMS: Readonly<Record<EventSignal, string>> = { traces: 'spans', logs: 'log records' };
const MEBIBYTE = 2 ** 20;
const QUEUE_BYTES = 8 * MEBIBYTE;
const PIPELINES = 10_000;

/** These run concurrently, each with a collector in its own process. */
const FAULTS_AT_A_TIME = 2;

const FAULT_HEAD = [
  ['fault', 'wire', 'signal', 'states', 'made', 'delivered', 'lost', 'twice', 'recovered in', 'held at most'],
  ['---', '---', '---', '---', '--:', '--:', '---', '--:', '--:', '--:'],
];
const SIZE_HEAD = [
  ['text of an item', 'wire', 'signal', 'offered', 'held when full', 'counted at most', 'memory taken'],
  ['--:', '---', '---', '--:', '--:', '--:', '--:'],
];

const { values: flags } = parseArgs({
  options: {
    'longest-outage': { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    wire: { type: 'string' },
  },
});
const problems: string[] = [];
const wires = WIRES.filter((wire) => flags.wire === undefined || flags.wire === wire);
const lengths = {
  count: 20,
  shortestMillis: 500,
  longestMillis: 1_000 * Number(flags['longest-outage']),
  seed: Number(flags.seed),
};

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  faults: async () => {
    const outcomes = await faultOutcomes();
    writeSection(
      'faults',
      `${markdownTable([...FAULT_HEAD, ...FAULTS.flatMap((fault) => faultRows(fault, outcomes))])}\n\n${setting()}`,
    );
  },
  'beside-upstream': async () => {
    writeTable('beside-upstream', await faultsBesideUpstream(wires));
  },
  outages: async () => {
    writeTable('outages', await outages(wires, lengths));
    writeTable('two-signals', await twoSignals(wires, lengths));
  },
  names: async () => {
    const names = await silentName(wires);
    if (names === undefined) console.error('SKIPPED a silent name server: this machine lets no namespaces be made');
    else writeTable('silent-name', names);
  },
  sizes: async () => {
    const queues = await fullQueues();
    writeSection('sizes', markdownTable([...SIZE_HEAD, ...queues.map(sizeRow)]));
  },
  pipelines: async () => {
    // This is imported late, because it watches every timer and socket from the moment when it is loaded.
    const { openAndShut } = await import('../test/reliability/many-pipelines.ts');
    const lines: string[] = [];
    for (const wire of wires) {
      const many = await openAndShut(PIPELINES, wire);
      problems.push(
        ...many.leaks,
        ...(many.arrived === many.expected ? [] : [`${many.arrived} items of ${many.expected} arrived over ${wire}`]),
      );
      lines.push(
        `Over ${wire}: ${grouped(many.count)} pipelines in ${many.seconds.toFixed(1)} s, ${grouped(many.arrived)} items of ${grouped(many.expected)} delivered, ${many.openMore} timers or sockets left, ${(many.grownBytes / MEBIBYTE).toFixed(1)} MiB of memory more than before.`,
      );
    }
    writeSection('pipelines', lines.join('\n\n'));
  },
};

for (const [name, measure] of Object.entries(PARTS))
  if (flags.only === undefined || flags.only === name) await measure();

for (const problem of problems) console.error(`FAILED ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** The outcomes in the order of the table. */
async function faultOutcomes(): Promise<readonly FaultOutcome[]> {
  const found: FaultOutcome[] = [];
  const measure = async (queue: { readonly fault: ReliabilityFault; readonly wire: Wire }[]): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      found.push(...(await measureFault(next.fault, TABLE_PACE, next.wire)));
      console.error(`${next.fault.name} (${next.wire})`);
    }
  };
  const all = FAULTS.flatMap((fault) =>
    wires.filter((wire) => happensOver(wire, fault)).map((wire) => ({ fault, wire })),
  );
  const together = all.filter(({ fault }) => fault.runsAlone !== true);
  await Promise.all(Array.from({ length: FAULTS_AT_A_TIME }, () => measure(together)));
  await measure(all.filter(({ fault }) => fault.runsAlone === true));
  for (const { fault, wire, signal, problems: ofOne } of found)
    problems.push(...ofOne.map((problem) => `${fault} (${wire}, ${signal}): ${problem}`));
  return found;
}

async function fullQueues(): Promise<readonly FullQueue[]> {
  const found: FullQueue[] = [];
  // The first run loads and compiles code, which must not count as memory of the first measurement.
  for (const wire of wires) for (const signal of SIGNALS) await fillQueue(signal, 100, QUEUE_BYTES, wire);
  for (const itemBytes of ITEM_SIZES)
    for (const wire of wires)
      for (const signal of SIGNALS) found.push(await fillQueue(signal, itemBytes, QUEUE_BYTES, wire));
  for (const queue of found)
    problems.push(
      ...queue.problems.map(
        (problem) => `items of ${queue.itemBytes} bytes (${queue.wire}, ${queue.signal}): ${problem}`,
      ),
    );
  return found;
}

/** A row for each wire and signal. The one of a wire over which the fault does not happen says why. */
function faultRows({ name, notOverGrpc }: ReliabilityFault, outcomes: readonly FaultOutcome[]): string[][] {
  const rows = outcomes
    .filter(({ fault }) => fault === name)
    .toSorted((a, b) => WIRES.indexOf(a.wire) - WIRES.indexOf(b.wire))
    .map((outcome) => ['', outcome.signal === SIGNALS[0] ? outcome.wire : '', ...faultFigures(outcome)]);
  if (notOverGrpc !== undefined) rows.push(['', 'gRPC', 'not', notOverGrpc, ...Array.from({ length: 6 }, () => '')]);
  return rows.map((row, index) => (index === 0 ? [name, ...row.slice(1)] : row));
}

function faultFigures({
  signal,
  states,
  made,
  delivered,
  lost,
  duplicates,
  recoveryMillis,
  mostBytes,
  limitBytes,
}: FaultOutcome): string[] {
  const lostText = [...lost].map(([reason, count]) => `${grouped(count)} \`${reason}\``).join(', ') || '0';
  return [
    ITEMS[signal],
    states.map((state) => state.toUpperCase()).join(' > '),
    ...[made, delivered].map(grouped),
    lostText,
    grouped(duplicates),
    `${(recoveryMillis / 1_000).toFixed(1)} s`,
    share(mostBytes, limitBytes),
  ];
}

function sizeRow({ wire, signal, itemBytes, made, held, mostBytes, memoryBytes }: FullQueue): string[] {
  return [
    `${grouped(itemBytes)} B`,
    wire,
    ITEMS[signal],
    grouped(made),
    grouped(held),
    share(mostBytes, QUEUE_BYTES),
    share(memoryBytes, QUEUE_BYTES),
  ];
}

function share(bytes: number, limitBytes: number): string {
  return `${Math.round((100 * bytes) / limitBytes)} %`;
}

function setting(): string {
  const { itemsASecond, faultMillis, maxQueueBytes, timeoutMillis } = TABLE_PACE;
  return [
    `${grouped(itemsASecond)} items of each signal a second, a fault of ${faultMillis / 1_000} s.`,
    `\`maxQueueBytes: ${maxQueueBytes}\`, \`timeoutMillis: ${timeoutMillis}\`, \`strategy: 'drop_oldest'\`, \`scheduledDelayMillis: 50\`.`,
    machineText(),
  ].join(' ');
}

function writeTable(name: string, { text, problems: wrong }: MeasuredTable): void {
  writeSection(name, text);
  problems.push(...wrong);
}

function writeSection(name: string, text: string): void {
  console.log(`\n${text}`);
  if (flags.wire === undefined) writeGeneratedSection(DOCUMENT, name, text);
}
