import { integer, MAX_INT32 } from './number.ts';
import type { ValueType } from './value-type.ts';

const millis = integer({ min: 0, max: MAX_INT32 });
const longMillis = integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** A delay in milliseconds. 0 is valid and means immediately. */
export const duration: ValueType<number> = integer({ min: 0, max: MAX_INT32 }, 'duration (ms)');

/**
 * A time limit in milliseconds. 0 means no limit and is read as `Infinity`.
 * https://github.com/open-telemetry/opentelemetry-specification/blob/v1.60.0/specification/configuration/common.md#timeout
 */
export const timeout: ValueType<number> = {
  name: 'timeout (ms)',
  parse(text) {
    const parsed = millis.parse(text);
    return parsed.value === 0 ? { value: Infinity } : parsed;
  },
};

/** A time limit in milliseconds that no timer waits for, so that it may be longer than a timer can. 0 means no limit. */
export const longTimeout: ValueType<number> = {
  name: 'timeout (ms)',
  parse(text) {
    const parsed = longMillis.parse(text);
    return parsed.value === 0 ? { value: Infinity } : parsed;
  },
};
