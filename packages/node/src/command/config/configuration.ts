import type { EffectiveSetting, Signal } from '@spillway/config';
import { OTLP_PARTS } from '@spillway/pipeline';
import { defaultServiceName } from '../../sdk/resource.ts';
import { otlpExporterOf } from '../otlp-exporter-of.ts';
import { settingsOfProcess, Warnings } from '../process-settings.ts';
import { shownValue } from '../shown-value.ts';

/** An option as it is printed. */
export interface ShownSetting {
  readonly option: string;
  readonly value: string;
  /** Names of variables; none for a default. */
  readonly from: readonly string[];
  /** Variables of this option that are set and cannot be used; absent if there are none. */
  readonly ignored?: readonly string[];
}

/** What an application would run with, where its code says nothing. Holds no secret. */
export interface Configuration {
  readonly registration: readonly ShownSetting[];
  readonly traces: readonly ShownSetting[];
  readonly logs: readonly ShownSetting[];
  readonly warnings: readonly string[];
}

export async function configurationOfProcess(): Promise<Configuration> {
  const warnings = new Warnings();
  const settings = settingsOfProcess(warnings);
  const shownOf = (signal: Signal | undefined) => settings.filter((setting) => setting.signal === signal).map(shown);
  const [traces, logs] = [await proxyOf('traces', warnings), await proxyOf('logs', warnings)];
  return {
    registration: withNameOfService(shownOf(undefined), settings),
    traces: [...shownOf('traces'), traces],
    logs: [...shownOf('logs'), logs],
    warnings: warnings.all,
  };
}

function shown({ option, value, variables, ignored, default: text }: EffectiveSetting): ShownSetting {
  const setting = { option, value: value === undefined ? text.replaceAll('`', '') : shownValue(option, value), from: variables };
  return ignored.length === 0 ? setting : { ...setting, ignored };
}

/** The name of a service may also stand among the attributes of the resource, or be the one that an executable has. */
function withNameOfService(rows: readonly ShownSetting[], settings: readonly EffectiveSetting[]): readonly ShownSetting[] {
  const attributes = settings.find(({ option }) => option === 'resourceAttributes');
  const name = (attributes?.value as Readonly<Record<string, string>> | undefined)?.['service.name'];
  const named = name === undefined ? { value: defaultServiceName() } : { value: name, from: attributes?.variables ?? [] };
  return rows.map((row) => (row.option === 'serviceName' && row.from.length === 0 ? { ...row, ...named } : row));
}

/** An exporter alone knows which proxy it goes through, and what is in the files that are named. */
async function proxyOf(signal: Signal, warnings: Warnings): Promise<ShownSetting> {
  const none = { option: 'proxy', value: 'none', from: [] };
  try {
    const exporter = otlpExporterOf(signal);
    const { url, proxy } = exporter[OTLP_PARTS].transport.requestOf?.({ chunks: [], byteLength: 0 }) ?? {};
    await exporter.shutdown();
    if (proxy === undefined) return none;
    const variable = url?.startsWith('https:') === true ? 'HTTPS_PROXY' : 'HTTP_PROXY';
    const lowerCase = variable.toLowerCase();
    // Which wins.
    const from = (process.env[lowerCase] ?? '').trim() === '' ? variable : lowerCase;
    return { option: 'proxy', value: `${proxy.protocol}//${proxy.hostname}:${proxy.port}`, from: [from] };
  } catch (error) {
    warnings.add(error instanceof Error ? error.message : String(error));
    return none;
  }
}
