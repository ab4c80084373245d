import type { ExporterName, Signal } from '@spillway/config';
import type { FileVariables } from './file-variables.ts';
import type { Section } from './section.ts';

/** Writes an exporter's settings as variables. @returns its name; `undefined` if there is no such exporter */
export function exporterOf(processor: Section, signal: Signal, variables: FileVariables): ExporterName | undefined {
  const exporter = processor.under('exporter')?.component();
  if (exporter === undefined) {
    processor.leaveOut('exporter', 'it names no exporter');
    return undefined;
  }
  const { name, section } = exporter;
  switch (name) {
    case 'otlp_http':
      variables.take(`OTEL_EXPORTER_OTLP_${upper(signal)}_PROTOCOL`, section, 'encoding', (encoding) =>
        encoding === 'json' ? 'http/json' : 'http/protobuf',
      );
      takeOtlp(section, signal, variables);
      return 'otlp';
    case 'otlp_grpc':
      variables.set(`OTEL_EXPORTER_OTLP_${upper(signal)}_PROTOCOL`, 'grpc', section.path);
      takeOtlp(section, signal, variables);
      return 'otlp';
    case 'console':
      return 'console';
    case 'otlp_file/development':
      return streamOf(section);
    default:
      section.isUnknown();
      return undefined;
  }
}

/** The schema's default is `stdout`, too. */
function streamOf(section: Section): ExporterName | undefined {
  const stream = section.get('output_stream') ?? 'stdout';
  if (stream === 'stdout') return 'otlp/stdout';
  section.leaveOut('output_stream', 'only stdout can be written to');
  return undefined;
}

function takeOtlp(section: Section, signal: Signal, variables: FileVariables): void {
  const prefix = `OTEL_EXPORTER_OTLP_${upper(signal)}` as const;
  variables.take(`${prefix}_ENDPOINT`, section, 'endpoint');
  variables.take(`${prefix}_TIMEOUT`, section, 'timeout');
  variables.take(`${prefix}_COMPRESSION`, section, 'compression');
  // Of both forms, that of the signal wins, as `headers` wins over `headers_list`.
  variables.take('OTEL_EXPORTER_OTLP_HEADERS', section, 'headers_list');
  const headers = headersOf(section);
  if (headers !== '') variables.set(`${prefix}_HEADERS`, headers, section.pathOf('headers'));
  const tls = section.under('tls');
  if (tls !== undefined) {
    variables.take(`${prefix}_CERTIFICATE`, tls, 'ca_file');
    variables.take(`${prefix}_CLIENT_KEY`, tls, 'key_file');
    variables.take(`${prefix}_CLIENT_CERTIFICATE`, tls, 'cert_file');
    variables.take(`${prefix}_INSECURE`, tls, 'insecure');
  }
  if (signal !== 'metrics') return;
  variables.take(`${prefix}_TEMPORALITY_PREFERENCE`, section, 'temporality_preference', (preference) =>
    String(preference).replace('_', ''),
  );
  variables.take(`${prefix}_DEFAULT_HISTOGRAM_AGGREGATION`, section, 'default_histogram_aggregation');
}

function headersOf(section: Section): string {
  const headers = section.list('headers').map((header) => [header.get('name'), header.get('value')]);
  return headers
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(String(name))}=${encodeURIComponent(String(value))}`)
    .join(',');
}

function upper(signal: Signal): Uppercase<Signal> {
  return signal.toUpperCase() as Uppercase<Signal>;
}
