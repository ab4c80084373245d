import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Line, RowResult, RunRecord, RunSamples } from '../rows/row.ts';
import type { Signal } from '../signal.ts';
import type { Machine } from './machine.ts';
import { ratioOf } from './table.ts';

/** One row in `results.json`. */
export interface RowRecord {
  readonly name: string;
  readonly signal?: Signal;
  readonly title: string;
  readonly measuredAt: string;
  /** How busy all cores were while the row ran, 0 to 1; the row's own processes are part of it. */
  readonly busyShare: number;
  readonly wallSeconds: number;
  readonly lines: readonly (Line & { readonly ratio?: number })[];
  readonly note?: string;
  readonly problems: readonly string[];
  readonly runs: readonly RunRecord[];
}

interface Results {
  readonly machine: Machine;
  readonly rows: Record<string, RowRecord>;
}

interface SampleFile {
  readonly rows: Record<string, readonly RunSamples[]>;
}

/**
 * `results.json` (figures) and `samples.json` (time series, for plots). A row replaces its older result. Other rows
 * stay, unless they were measured on another machine or with other versions.
 */
export class ResultsFile {
  private readonly resultsFile: URL;
  private readonly samplesFile: URL;
  private readonly results: Results;
  private readonly samples: SampleFile;

  constructor(directory: URL, machine: Machine) {
    this.resultsFile = new URL('results.json', directory);
    this.samplesFile = new URL('samples.json', directory);
    const older: Results | undefined = readJson(this.resultsFile);
    const olderSamples: SampleFile | undefined = readJson(this.samplesFile);
    const comparable = isDeepStrictEqual(older?.machine, machine);
    this.results = { machine, rows: (comparable && older?.rows) || {} };
    this.samples = { rows: (comparable && olderSamples?.rows) || {} };
  }

  add(row: Omit<RowRecord, keyof RowResult>, { lines, runs, samples, problems, note }: RowResult): void {
    this.results.rows[row.name] = {
      ...row,
      lines: lines.map((line) => {
        const ratio = ratioOf(line);
        return ratio === undefined ? line : { ...line, ratio };
      }),
      ...(note !== undefined && { note }),
      problems,
      runs,
    };
    this.samples.rows[row.name] = samples;
    writeFileSync(this.resultsFile, `${JSON.stringify(this.results, undefined, 2)}\n`);
    writeFileSync(this.samplesFile, `${JSON.stringify(this.samples)}\n`);
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- the bench wrote the file itself
function readJson(file: URL): any {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
