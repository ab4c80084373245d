// Replaces upstream's environment configuration. Ours knows traces and logs, but upstream's tests use metrics. So the
// variables of metrics are read as those of traces, and messages are translated back.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { diag } from '@opentelemetry/api';
import { type Environment, otlpExporterVariables, readOtlpExporterEnvironment } from '@spillway/config';
import { certificateReader } from '../../../packages/otlp/src/options/certificate-files.node.ts';

const NUMBERS = /_TIMEOUT$/;
const COMPRESSIONS = /_COMPRESSION$/;

export function getNodeHttpConfigurationFromEnvironment(_signal: 'METRICS', path: string) {
  const env = metricsAsTraces(process.env);
  const warn = (message: string): void => diag.warn(inUpstreamsWords(message.replace('_TRACES_', '_METRICS_')));
  const { url, headers, timeoutMillis, compression, ...files } = readOtlpExporterEnvironment('traces', env, warn);
  const tls = certificateReader(
    files,
    (option) => otlpExporterVariables('traces', env)[option] ?? option,
    () => {},
  )?.();
  return {
    url: url?.replace(/v1\/traces$/, path),
    headers: headers && (async () => headers),
    timeoutMillis,
    compression,
    agentFactory: (protocol: string) =>
      protocol === 'https:' ? new HttpsAgent({ ...tls } as object) : new HttpAgent(),
  };
}

export function getSharedConfigurationFromEnvironment(signal: 'METRICS') {
  const { timeoutMillis, compression } = getNodeHttpConfigurationFromEnvironment(signal, '');
  return { timeoutMillis, compression };
}

function metricsAsTraces(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name.replace('_METRICS_', '_TRACES_'), value]));
}

/**
 * Our warning about an ignored variable, in upstream's words. Whether there is a warning, and for which variable, is
 * ours.
 */
function inUpstreamsWords(message: string): string {
  const name = /^\w+/.exec(message)?.[0] ?? '';
  const value = process.env[name];
  if (!message.includes(' is ignored: ')) return message;
  if (COMPRESSIONS.test(name))
    return `Configuration: ${name} is invalid, expected 'none' or 'gzip' (actual: '${value}')`;
  if (!NUMBERS.test(name))
    return `Configuration: Could not parse environment-provided export URL: '${value}', falling back to undefined`;
  if (Number.isNaN(Number(value))) return `Unknown value '${value}' for ${name}, expected a number, using defaults`;
  return `Configuration: ${name} is invalid, expected number greater than 0 (actual: ${value})`;
}
