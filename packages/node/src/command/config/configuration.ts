import type { EffectiveSetting, Signal } from '@spillway/config';
import { OTLP_PARTS } from '@spillway/pipeline';
import { defaultServiceName } from '../../sdk/resource.ts';
import { SIGNALS } from '../../signals/signals.ts';
import { otlpExporterOf } from '../otlp-exporter-of.ts';
import { type PipelineSettings, settingsOfProcess, Warnings } from '../process-settings.ts';
import { shownValue } from '../shown-value.ts';

/** An option as it is printed. */
export interface ShownSetting {
  /** Of further pipelines of a signal, which only a configuration file describes, it begins with `[1].`, `[2].`. */
  readonly option: string;
  readonly value: string;
  /** Names of variables, or paths of a configuration file; empty for a default. */
  readonly from: readonly string[];
  /** Variables of this option that are set and cannot be used; absent if there are none. */
  readonly ignored?: readonly string[];
}

/** The configuration of an application that sets no options in code. Contains no secret. */
export interface Configuration extends Readonly<Record<Signal, readonly ShownSetting[]>> {
  readonly registration: readonly ShownSetting[];
  readonly warnings: readonly string[];
}

export async function configurationOfProcess(): Promise<Configuration> {
  const warnings = new Warnings();
  const { registration, pipelines } = settingsOfProcess(warnings);
  const ofSignals: [Signal, readonly ShownSetting[]][] = [];
  for (const { name } of SIGNALS) {
    const rows: ShownSetting[] = [];
    for (const [index, pipeline] of pipelines[name].entries()) {
      const own = [...pipeline.settings.map(shown), await proxyOf(name, pipeline, warnings)];
      rows.push(...(index === 0 ? own : own.map((row) => ({ ...row, option: `[${index}].${row.option}` }))));
    }
    ofSignals.push([name, rows]);
  }
  return {
    registration: withExit(withNameOfService(registration.map(shown), registration)),
    ...(Object.fromEntries(ofSignals) as Record<Signal, readonly ShownSetting[]>),
    warnings: warnings.all,
  };
}

function shown({ option, value, variables, ignored, default: text }: EffectiveSetting): ShownSetting {
  const setting = {
    option,
    value: value === undefined ? text.replaceAll('`', '') : shownValue(option, value),
    from: variables,
  };
  return ignored.length === 0 ? setting : { ...setting, ignored };
}

/** If no variable sets the service name, it comes from the resource attributes, or otherwise from the executable. */
function withNameOfService(
  rows: readonly ShownSetting[],
  settings: readonly EffectiveSetting[],
): readonly ShownSetting[] {
  const attributes = settings.find(({ option }) => option === 'resourceAttributes');
  const name = (attributes?.value as Readonly<Record<string, string>> | undefined)?.['service.name'];
  const named =
    name === undefined ? { value: defaultServiceName() } : { value: name, from: attributes?.variables ?? [] };
  return rows.map((row) => (row.option === 'serviceName' && row.from.length === 0 ? { ...row, ...named } : row));
}

/** By default, the end of a process uses the spool if there is one. */
function withExit(rows: readonly ShownSetting[]): readonly ShownSetting[] {
  const hasSpool = rows.some(({ option, from }) => option === 'spoolDirectory' && from.length > 0);
  return rows.map((row) =>
    row.option === 'exit' && row.from.length === 0 ? { ...row, value: hasSpool ? 'spool' : 'ship' } : row,
  );
}

/** Only an exporter knows its proxy, and the contents of the files that are named. */
async function proxyOf(signal: Signal, { within }: PipelineSettings, warnings: Warnings): Promise<ShownSetting> {
  const none = { option: 'proxy', value: 'none', from: [] };
  try {
    const exporter = within(() => otlpExporterOf(signal));
    const { proxy } = exporter[OTLP_PARTS].transport.requestOf?.({ chunks: [], byteLength: 0 }) ?? {};
    await exporter.shutdown();
    if (proxy === undefined) return none;
    return { option: 'proxy', value: `${proxy.protocol}//${proxy.hostname}:${proxy.port}`, from: [proxy.variable] };
  } catch (error) {
    warnings.add(error instanceof Error ? error.message : String(error));
    return none;
  }
}
