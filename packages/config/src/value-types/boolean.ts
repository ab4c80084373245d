import type { ValueType } from './value-type.ts';

/**
 * True only for `true`, in upper or lower case. Any other text is false, not unset, as the specification demands. So it
 * also wins over a variable of lower precedence.
 * https://github.com/open-telemetry/opentelemetry-specification/blob/v1.60.0/specification/configuration/sdk-environment-variables.md#boolean
 */
export const boolean: ValueType<boolean> = {
  name: 'boolean',
  parse(text) {
    switch (text.toLowerCase()) {
      case 'true':
        return { value: true };
      case 'false':
        return { value: false };
      default:
        return { value: false, problem: 'expected true or false, and treated as false' };
    }
  },
};
