import type { PressureSource } from '@spillway/backpressure';
import { EXITS, LOG_LEVELS, PRESSURES, PROPAGATORS, SAMPLERS } from '@spillway/config';
import { SIGNALS } from '../signals/signals.ts';
import { checkGivenModules } from './given-sdk.ts';
import type { LogRecordLimits, SpanLimits, StartOptions } from './start-options.ts';

/** In code, `false` means none. */
const PRESSURE_SOURCES = PRESSURES.filter((name) => name !== 'none');

const LOG_RECORD_LIMITS: readonly string[] = [
  'attributeCountLimit',
  'attributeValueLengthLimit',
] satisfies (keyof LogRecordLimits)[];
const SPAN_LIMITS: readonly string[] = [
  ...LOG_RECORD_LIMITS,
  ...([
    'eventCountLimit',
    'linkCountLimit',
    'attributePerEventCountLimit',
    'attributePerLinkCountLimit',
  ] satisfies (keyof SpanLimits)[]),
];

/**
 * Checks all options except those of processors, which check their own.
 * @throws RangeError or TypeError that names option and value
 */
export function checkStartOptions(options: StartOptions): void {
  const { sampler, samplerRatio, spool } = options;
  checkWords('propagators', options.propagators, PROPAGATORS);
  for (const { name, exporters } of SIGNALS) {
    const given = options[name];
    if (given !== false) checkWords(`${name}.exporters`, given?.exporters, exporters);
  }
  if (typeof sampler === 'string') checkWord('sampler', sampler, SAMPLERS);
  else if (sampler !== undefined && typeof sampler.shouldSample !== 'function')
    throw new TypeError('sampler must be a name, or an object with shouldSample');
  if (samplerRatio !== undefined && !(samplerRatio >= 0 && samplerRatio <= 1)) {
    throw new RangeError(`samplerRatio must be from 0 to 1, got ${String(samplerRatio)}`);
  }
  if (options.exit !== undefined) checkWord('exit', options.exit, EXITS);
  if (spool !== undefined && spool !== false) checkSpool(spool);
  if (options.pressure !== undefined && options.pressure !== false) checkPressure(options.pressure);
  checkZpages(options.zpages);
  if (options.logLevel !== undefined) checkWord('logLevel', options.logLevel, LOG_LEVELS);
  checkLimits('spanLimits', options.spanLimits, SPAN_LIMITS);
  checkLimits('logRecordLimits', options.logRecordLimits, LOG_RECORD_LIMITS);
  if (options.sdk !== undefined) checkGivenModules(options.sdk);
}

/** Its own options are checked together with those from variables. */
function checkZpages(zpages: unknown): void {
  if (zpages === undefined || zpages === false || (typeof zpages === 'object' && zpages !== null)) return;
  throw new TypeError(`zpages must be an object, or false, got ${zpages === null ? 'null' : typeof zpages}`);
}

function checkSpool(spool: { readonly join?: unknown } | null): void {
  if (typeof spool?.join !== 'function')
    throw new TypeError(`spool must be a Spool, another object with a join function, or false, got ${typeof spool}`);
}

function checkLimits(option: string, limits: unknown, known: readonly string[]): void {
  if (limits === undefined) return;
  if (typeof limits !== 'object' || limits === null)
    throw new TypeError(`${option} must be an object, got ${limits === null ? 'null' : typeof limits}`);
  for (const [name, limit] of Object.entries(limits as Readonly<Record<string, unknown>>)) {
    checkWord(option, name, known);
    const isLimit =
      limit === undefined || limit === Infinity || (Number.isSafeInteger(limit) && (limit as number) >= 0);
    if (!isLimit)
      throw new RangeError(
        `${option}.${name} must be a whole number from 0, or Infinity, got ${JSON.stringify(limit)}`,
      );
  }
}

function checkPressure(sources: readonly unknown[]): void {
  if (!Array.isArray(sources)) throw new TypeError(`pressure must be a list, or false, got ${typeof sources}`);
  for (const source of sources) {
    if (typeof source === 'string') checkWord('pressure', source, PRESSURE_SOURCES);
    else if (typeof (source as PressureSource | null)?.utilization !== 'function')
      throw new TypeError('pressure must contain names, or objects with utilization');
  }
}

function checkWords(option: string, words: readonly string[] | undefined, known: readonly string[]): void {
  if (words === undefined) return;
  if (!Array.isArray(words)) throw new TypeError(`${option} must be a list, got ${typeof words}`);
  for (const word of words) checkWord(option, word as string, known);
}

function checkWord(option: string, word: string, known: readonly string[]): void {
  if (!known.includes(word))
    throw new RangeError(`${option} must be one of ${known.join(', ')}, got ${JSON.stringify(word)}`);
}
