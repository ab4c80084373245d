import { onceForProcess, processEnvironment, SILENT, type Environment, type Warn } from './environment.ts';
import { PIPELINE_SETTINGS, type BatchProcessorEnvironment } from './pipeline-settings.ts';
import { readSettings, type Reading } from './setting.ts';
import type { ProcessorSignal } from './signal.ts';
import { timeout } from './value-types/duration.ts';
import { readVariable } from './variable.ts';

/** The options that limit each other, as far as the code sets them. */
export interface GivenLimits {
  readonly maxQueueSize?: number | undefined;
  readonly maxExportBatchSize?: number | undefined;
  readonly maxQueueBytes?: number | undefined;
  readonly maxItemBytes?: number | undefined;
  readonly highWatermark?: number | undefined;
  readonly lowWatermark?: number | undefined;
}

/** Pairs of options. The first of a pair must not be above the second. */
export const LIMITS = [
  ['maxExportBatchSize', 'maxQueueSize'],
  ['maxItemBytes', 'maxQueueBytes'],
  ['lowWatermark', 'highWatermark'],
] as const;

/**
 * Reads `OTEL_BSP_*` (traces) or `OTEL_BLRP_*` (logs) and `SPILLWAY_*`.
 *
 * The signal's form of a variable (`SPILLWAY_TRACES_STRATEGY`) wins over the common one (`SPILLWAY_STRATEGY`), and both
 * win over the specification's proposed alias (`OTEL_BSP_ON_QUEUE_FULL`). A time limit of 0 is read as `Infinity`.
 *
 * @param env the variables. Default: those of the process
 * @param warn is told of each variable that is ignored
 * @param given the options that the code sets. A variable that contradicts them is ignored with a warning, so that it
 * cannot make a constructor throw
 */
export function readBatchProcessorEnvironment(
  signal: ProcessorSignal,
  env: Environment = processEnvironment(),
  warn: Warn = SILENT,
  given: GivenLimits = {},
): BatchProcessorEnvironment {
  const warnOnce = onceForProcess(env, warn);
  warnOfBlockTimeout(signal, env, warnOnce);
  return withoutContradictions(readSettings(PIPELINE_SETTINGS, signal, env, warnOnce), given, warnOnce);
}

function withoutContradictions(
  { values, variables }: Reading<BatchProcessorEnvironment>,
  given: GivenLimits,
  warn: Warn,
): BatchProcessorEnvironment {
  const kept = { ...values };
  for (const [small, large] of LIMITS) {
    const smallValue = given[small] ?? kept[small];
    const largeValue = given[large] ?? kept[large];
    if (smallValue === undefined || largeValue === undefined || smallValue <= largeValue) continue;
    // Options set in code stay. If the code contradicts itself, the constructor refuses that.
    const ignored = given[small] === undefined ? small : large;
    if (given[ignored] !== undefined) continue;
    warn(
      `${variables[ignored]}=${kept[ignored]} is ignored: ${small} (${smallValue}) must not be above ${large} (${largeValue})`,
    );
    delete kept[ignored];
  }
  return kept;
}

const BLOCK_TIMEOUT: Readonly<Record<ProcessorSignal, string>> = {
  traces: 'OTEL_BSP_BLOCK_ON_QUEUE_FULL_TIMEOUT',
  logs: 'OTEL_BLRP_BLOCK_ON_QUEUE_FULL_TIMEOUT',
};

/**
 * The proposal behind `ON_QUEUE_FULL` has a second variable. A user who sets it should learn that no caller ever waits.
 */
function warnOfBlockTimeout(signal: ProcessorSignal, env: Environment, warn: Warn): void {
  const name = BLOCK_TIMEOUT[signal];
  if (readVariable(env, name, timeout, warn) === undefined) return;
  warn(
    `${name} has no effect: a processor cannot make its caller wait; with the strategy block, an item that finds the queue full is refused`,
  );
}
