import { spawnCollector } from '@spillway/test/collector';
import { account } from '../accounting.ts';
import { converse } from '../child-process.ts';
import {
  type Audience,
  AUDIENCES,
  type LivePageFigures,
  type LivePageMessage,
  type LivePagePlan,
  type LivePageTurn,
} from '../live-page/protocol.ts';
import { SIGNALS } from '../signal.ts';
import { median, medianAbove } from '../statistics.ts';
import { judge, type Line, type Row } from './row.ts';

const APPLICATION = new URL('../live-page/main.ts', import.meta.url);
const ROUNDS = 8;
const SECONDS = 4;
/** Extra time of each turn, for its page and its viewer. */
const SPARE_SECONDS = 10;
const MILLIS_PER_SECOND = 1_000;
/** Of one core. */
const ALLOWED_CPU_PERCENT = 1;
const ALLOWED_DELAY_MILLIS = 1;

/** What the live page costs an application under load: with nobody, and with one viewer. */
export const livePage: Row = {
  name: 'live-page',
  signal: 'traces',
  title: '10 000 spans/s, fast collector: the live page, in turn with none',
  async run({ runs = ROUNDS, seconds = SECONDS, variants, progress }) {
    if (!variants.includes('spillway'))
      return { lines: [], runs: [], samples: [], problems: [], note: 'skipped: Spillway only' };
    progress(`${runs} rounds of ${AUDIENCES.join(', ')}`);
    const receiver = await spawnCollector({ decode: 'ids' });
    try {
      const figures = await takeTurns({ url: receiver.url + SIGNALS.traces.path, rounds: runs, seconds });
      const report = { ...figures, drain: { millis: 0, outcome: 'drained' as const } };
      const accounting = account('spillway', report, await receiver.counts());
      return {
        lines: [...linesOf(figures.turns), ...linesOfStart(figures)],
        runs: [{ variant: 'spillway', run: 1, figures: { ...figures, accounting } }],
        samples: [],
        problems: accounting.problems,
      };
    } finally {
      await receiver.close();
    }
  },
};

async function takeTurns(plan: LivePagePlan): Promise<LivePageFigures> {
  let figures: LivePageFigures | undefined;
  await converse<LivePageMessage>(APPLICATION, {
    nodeOptions: ['--disable-warning=ExperimentalWarning'],
    task: plan,
    timeoutMillis: (plan.rounds + 4) * AUDIENCES.length * (plan.seconds + SPARE_SECONDS) * MILLIS_PER_SECOND,
    onMessage(message) {
      if (message.kind === 'error') throw new Error(`the application failed: ${message.message}`);
      if (message.kind === 'report') figures = message.report;
      return message.kind === 'report';
    },
  });
  if (figures === undefined) throw new Error('the application ended without a report');
  return figures;
}

function linesOf(turns: readonly LivePageTurn[]): readonly Line[] {
  return [
    ...(['nobody looks', 'one viewer'] as const).map((audience) =>
      addedLine(`CPU of a core added, ${audience}`, 'percent', ALLOWED_CPU_PERCENT, turns, audience, cpuPercent),
    ),
    addedLine('event-loop delay p99 added, one viewer', 'millis', ALLOWED_DELAY_MILLIS, turns, 'one viewer', delay),
  ];
}

function linesOfStart({ start, getMetricsMicros }: LivePageFigures): readonly Line[] {
  return [
    { figure: 'CPU of its start', unit: 'millis', spillway: start.cpuMillis },
    { figure: 'memory of its thread', unit: 'megabytes', spillway: start.megabytes },
    { figure: 'getMetrics(), once in a while', unit: 'micros', spillway: getMetricsMicros },
  ];
}

/** The median difference from the turn without a page in the same round; that of the no-op column is the turn itself. */
function addedLine(
  figure: string,
  unit: 'percent' | 'millis',
  allowed: number,
  turns: readonly LivePageTurn[],
  audience: Audience,
  figureOf: (turn: LivePageTurn) => number,
): Line {
  const of = (wanted: Audience) => turns.filter((turn) => turn.audience === wanted).map(figureOf);
  const without = of('no page');
  const added = medianAbove(of(audience), without);
  return {
    figure,
    unit,
    noop: median(without),
    ...(added !== undefined && { spillway: added }),
    target: `at most ${allowed} ${unit === 'percent' ? '%' : 'ms'}`,
    ...judge((value) => value <= allowed, added),
  };
}

function cpuPercent({ cpuMillisPerSecond }: LivePageTurn): number {
  return (100 * cpuMillisPerSecond) / MILLIS_PER_SECOND;
}

function delay({ delayP99Millis }: LivePageTurn): number {
  return delayP99Millis;
}
