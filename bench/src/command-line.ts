import { parseArgs } from 'node:util';
import type { Variant } from './application/protocol.ts';

const VARIANTS: readonly Variant[] = ['noop', 'upstream', 'spillway'];

/** What to run. */
export interface BenchOptions {
  /** Row names; if empty, all rows. */
  readonly only: readonly string[];
  readonly list: boolean;
  readonly help: boolean;
  readonly runs: number | undefined;
  readonly seconds: number | undefined;
  readonly variants: readonly Variant[];
}

export const USAGE = `npm run bench -- [options]

  --only NAME[,NAME]      only these rows
  --list                  print the names of the rows
  --runs N                runs of each variant, instead of each row's own number
  --seconds N             length of the load, for rows whose faults do not depend on it
  --variants NAME[,NAME]  of noop, upstream, spillway; default all
`;

/** @throws a `TypeError` that names the option and the value */
export function parseCommandLine(args: readonly string[], rowNames: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      runs: { type: 'string' },
      seconds: { type: 'string' },
      variants: { type: 'string' },
    },
  });
  return {
    only: names('--only', values.only, rowNames),
    list: values.list,
    help: values.help,
    runs: positive('--runs', values.runs, Number.isInteger),
    seconds: positive('--seconds', values.seconds, Number.isFinite),
    variants: values.variants === undefined ? VARIANTS : names('--variants', values.variants, VARIANTS),
  };
}

function names<Name extends string>(option: string, text: string | undefined, known: readonly Name[]): readonly Name[] {
  return (text?.split(',') ?? []).map((given) => {
    const name = known.find((candidate) => candidate === given);
    if (name === undefined) throw new TypeError(`${option}: "${given}" is not one of ${known.join(', ')}`);
    return name;
  });
}

function positive(option: string, text: string | undefined, fits: (value: number) => boolean): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0 && fits(value))) throw new TypeError(`${option}: "${text}" is not a valid positive number`);
  return value;
}
