import { styleText } from 'node:util';
import { SIGNALS } from '../../signals/signals.ts';
import { sourceText } from '../shown-value.ts';
import { type Configuration, configurationOfProcess, type ShownSetting } from './configuration.ts';

const SECTIONS = ['registration', ...SIGNALS.map(({ name }) => name)] as const;

/** A longer value sticks out of its column. */
const WIDEST_VALUE = 40;

/** Prints the effective configuration. */
export async function printConfiguration(
  { json }: { readonly json: boolean },
  out: NodeJS.WritableStream,
): Promise<void> {
  const configuration = await configurationOfProcess();
  out.write(json ? `${JSON.stringify(configuration, undefined, 2)}\n` : textOf(configuration, out));
}

function textOf(configuration: Configuration, out: NodeJS.WritableStream): string {
  const all = SECTIONS.flatMap((section) => configuration[section]);
  const widths = {
    option: Math.max(...all.map(({ option }) => option.length)),
    value: Math.min(WIDEST_VALUE, Math.max(...all.map(({ value }) => value.length))),
  };
  const sections = SECTIONS.flatMap((section) => [
    styleText('bold', section, { stream: out }),
    ...configuration[section].map((setting) => lineOf(setting, widths, out)),
    '',
  ]);
  const warnings = configuration.warnings.map(
    (warning) => `${styleText('yellow', 'warning', { stream: out })} ${warning}`,
  );
  return [...sections, ...(warnings.length === 0 ? ['No warnings.'] : warnings), ''].join('\n');
}

function lineOf(
  { option, value, from, ignored = [] }: ShownSetting,
  widths: { readonly option: number; readonly value: number },
  out: NodeJS.WritableStream,
): string {
  const text = sourceText(from.length === 0 ? undefined : from.join(', '), ignored);
  const source = from.length === 0 && ignored.length === 0 ? styleText('dim', text, { stream: out }) : text;
  return `  ${option.padEnd(widths.option)}  ${value.padEnd(widths.value)}  ${source}`;
}
