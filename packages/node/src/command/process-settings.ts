import { effectiveSettings, type EffectiveSetting, processEnvironment, warnOfVariablesWithoutEffect } from '@spillway/config';
import type { Warnings } from './warnings.ts';

/** What the variables of this process say, and what is wrong with them. */
export function settingsOfProcess(warnings: Warnings): readonly EffectiveSetting[] {
  // Of those of the process each thing is said once, and a registration that `NODE_OPTIONS` brings before us has heard it: so of
  // others, which are the same. A copy would not know a name in another case, as Windows does.
  const variables = new Proxy(processEnvironment(), {});
  const settings = effectiveSettings(variables, warnings.add);
  warnOfVariablesWithoutEffect(variables, warnings.add);
  if (settings.find(({ option }) => option === 'exit')?.value === 'spool') {
    warnings.add('SPILLWAY_EXIT is spool, and variables alone give no spool: where the code of the application gives none either, a child process ships what is left, as with ship');
  }
  return settings;
}
