import { medianAbove, quantile } from '../statistics.ts';
import { takeTurns } from '../turns/take-turns.ts';
import { judge, type Row } from './row.ts';
import { turnsResult } from './turns-result.ts';

const ROUNDS = 12;
const SECONDS = 2;
const ALLOWED_FACTOR = 1.3;

/** What Spillway's own gRPC costs beside its HTTP, from the making of a span to the answer. */
export const grpcBesideHttp: Row = {
  name: 'grpc-beside-http',
  signal: 'traces over gRPC',
  title: "10 000 spans/s, fast collector: Spillway's gRPC and its HTTP in one process, in turn",
  async run({ runs = ROUNDS, seconds = SECONDS, variants, progress }) {
    if (!variants.includes('spillway') || !variants.includes('noop'))
      return { lines: [], runs: [], samples: [], problems: [], note: 'skipped: needs noop and spillway' };
    progress(`${runs} rounds`);
    const results = await takeTurns(
      [
        { signal: 'traces', variant: 'noop' },
        { signal: 'traces', variant: 'spillway' },
        { signal: 'traces over gRPC', variant: 'spillway' },
      ],
      { rounds: runs, seconds },
    );
    const [noop = [], ...own] = results.map(({ cpuMicrosPerItem }) => cpuMicrosPerItem);
    const [http = Number.NaN, grpc = Number.NaN] = own.map((costs) => medianAbove(costs, noop));
    const factor = grpc / http;
    const result = turnsResult(results, [
      { figure: 'CPU added per exported span, over HTTP', unit: 'micros', spillway: http },
      { figure: 'CPU added per exported span, over gRPC', unit: 'micros', spillway: grpc },
      {
        figure: 'gRPC beside HTTP',
        unit: 'factor',
        spillway: factor,
        target: `at most ${ALLOWED_FACTOR} x`,
        ...judge((times) => times <= ALLOWED_FACTOR, factor),
      },
    ]);
    return { ...result, note: spreadOf(own, noop) };
  },
};

/** Between which factors the middle half of the rounds is: on a busy machine a single round says little. */
function spreadOf([http = [], grpc = []]: readonly (readonly number[])[], noop: readonly number[]): string {
  const factors = noop.map((base, round) => ((grpc[round] ?? 0) - base) / ((http[round] ?? 0) - base));
  const [low, high] = [0.25, 0.75].map((share) => quantile(factors, share).toFixed(2));
  return `half of the rounds: ${low} x to ${high} x`;
}
