import type { Signal } from '@spillway/config';
import { diagnose, type Diagnosis, type Look, lookWorth, type PeerProtocol } from '@spillway/otlp/diagnosis';
import { SIGNALS } from '../../signals/signals.ts';
import { exportersOf, type PipelineSettings, settingsOfProcess, valueOf, Warnings } from '../process-settings.ts';
import { shownUrl } from '../shown-value.ts';
import { examineSpool } from './examine-spool.ts';
import { examineStart } from './examine-start.ts';
import { peerProtocol, peerProtocolWithinTls } from './peer-protocol.ts';
import { type Probe, probe } from './probe.ts';
import { type Examination, printExamination, type SignalExamination } from './print-examination.ts';

/** A second look at a port. */
const LOOK_MILLIS = 1_000;
const LONGEST_DEFAULT_MILLIS = 10_000;
/** The default of `@spillway/spool`, which is not loaded if there is no spool. */
const DEFAULT_SPOOL_BYTES = 512 * 2 ** 20;

/** How to examine. */
export interface ExaminationOptions {
  readonly json: boolean;
  /** Milliseconds for one request; `undefined` for what is configured. */
  readonly timeoutMillis: number | undefined;
}

/**
 * Checks whether an application here would start, and could use its spool if one is configured. Sends one item of each
 * signal, and prints what happened to it and what to do.
 * @returns the exit code: 0 if an application would start, something was sent, and all of it was accepted, and if the spool can be used
 */
export async function examine(
  { json, timeoutMillis }: ExaminationOptions,
  out: NodeJS.WritableStream,
): Promise<number> {
  const warnings = new Warnings();
  const { registration, pipelines } = settingsOfProcess(warnings);
  const isDisabled = valueOf(registration, 'disabled') === true;
  if (isDisabled) warnings.add('OTEL_SDK_DISABLED is true: an application would send nothing');
  const signals = await Promise.all(
    SIGNALS.flatMap(({ name }) => pipelines[name].map((pipeline) => examineSignal(name, pipeline, timeoutMillis))),
  );
  const start = examineStart(
    isDisabled,
    SIGNALS.map(({ name }) => name).filter((signal) =>
      pipelines[signal].some(({ settings }) => exportersOf(settings).some((name) => name !== 'none')),
    ),
  );
  const directory = valueOf(registration, 'spoolDirectory') as string | undefined;
  const maxBytes = (valueOf(registration, 'spoolMaxBytes') as number | undefined) ?? DEFAULT_SPOOL_BYTES;
  const spool = directory === undefined ? undefined : await examineSpool(directory, maxBytes);
  const examination: Examination = { signals, start, ...(spool && { spool }), warnings: warnings.all };
  printExamination(examination, json, out);
  const sent = signals.filter(({ diagnosis }) => diagnosis !== undefined);
  const isOk = start.isOk && spool?.isOk !== false;
  return isOk && sent.length > 0 && sent.every(({ diagnosis }) => diagnosis?.kind === 'accepted') ? 0 : 1;
}

async function examineSignal(
  signal: Signal,
  { settings, within }: PipelineSettings,
  given: number | undefined,
): Promise<SignalExamination> {
  const url = settings.find(({ option }) => option === 'url');
  const text = typeof url?.value === 'string' ? url.value : (url?.default ?? '').replaceAll('`', '');
  const at = { signal, url: shownUrl(text), from: url?.variables[0], ignored: url?.ignored ?? [] };
  if (!exportersOf(settings).includes('otlp')) {
    const exporterFrom = settings.find(({ option }) => option === 'exporters')?.variables[0];
    return { ...at, ...(exporterFrom !== undefined && { exporterFrom }), diagnosis: undefined, millis: undefined };
  }

  const configured = (valueOf(settings, 'timeoutMillis') as number | undefined) ?? LONGEST_DEFAULT_MILLIS;
  const timeoutMillis = given ?? Math.min(configured, LONGEST_DEFAULT_MILLIS);
  try {
    const { diagnosis, millis, proxy } = await diagnosed(signal, timeoutMillis, within, {
      urlSource: at.from ?? defaultSource(at.ignored),
      hasClientCertificate: valueOf(settings, 'clientCertificateFile') !== undefined,
    });
    const { hostname, port, variable } = proxy ?? {};
    return {
      ...at,
      ...(variable !== undefined && { proxy: { host: `${hostname}:${port}`, from: variable } }),
      diagnosis,
      millis,
    };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return {
      ...at,
      diagnosis: {
        kind: 'bad_configuration',
        found,
        advice: 'Nothing was sent. `config` shows which variables are set.',
      },
      millis: undefined,
    };
  }
}

/** How to set the URL, if no variable does so now. */
function defaultSource([ignored]: readonly string[]): string {
  return ignored === undefined
    ? 'OTEL_EXPORTER_OTLP_ENDPOINT (which is not set, so the default applies)'
    : `${ignored} (which is set but ignored, as the warning says, so the default applies)`;
}

async function diagnosed(
  signal: Signal,
  timeoutMillis: number,
  within: PipelineSettings['within'],
  known: { readonly urlSource: string; readonly hasClientCertificate: boolean },
): Promise<{ readonly diagnosis: Diagnosis } & Pick<Probe, 'millis' | 'proxy'>> {
  const { outcome, protocol, url, proxy, millis } = await within(() => probe(signal, timeoutMillis));
  const attempt = { signal, protocol, outcome, url, proxy, ...known };
  return { diagnosis: diagnose({ ...attempt, peer: await lookAt(url, lookWorth(attempt)) }), millis, proxy };
}

async function lookAt(url: URL, look: Look | undefined): Promise<PeerProtocol | undefined> {
  if (look === undefined) return undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return look === 'tls'
    ? peerProtocolWithinTls(host, portOf(url), LOOK_MILLIS)
    : peerProtocol(host, portOf(url), LOOK_MILLIS);
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
