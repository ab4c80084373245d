import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Certificates, mintCertificates } from '../collector/src/index.ts';
import { useLoggedLines } from '../log-lines/logged-lines.ts';
import { LoadedServices } from './src/loaded-services.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';
import { Volume } from './src/volume.ts';

/** Spans per second, and as many log records. */
const PER_SECOND = 5_000;
/** The service reads its files again after this time, or after a failed attempt. */
const LOOK_MILLIS = 5_000;
/** The Collector reads its files again for a new connection, but not more often than this. */
const RELOAD_MILLIS = 1_000;

const old = mintCertificates();
const next = mintCertificates('next authority');

const { lines } = useLoggedLines();
let server: Volume;
let client: Volume;
let collector: OtelCollector<'main'>;
let services: LoadedServices;

beforeEach(async () => {
  server = new Volume(serverFiles(old, old.ca));
  client = new Volume(clientFiles(old, old.ca));
  collector = await startOtelCollector({
    routes: {
      main: {
        tls: {
          cert_file: server.pathOf('cert'),
          key_file: server.pathOf('key'),
          reload_interval: `${RELOAD_MILLIS}ms`,
          client_ca_file: server.pathOf('ca'),
          client_ca_file_reload: true,
        },
      },
    },
  });
  vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', client.pathOf('ca'));
  vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', client.pathOf('cert'));
  vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_KEY', client.pathOf('key'));
  // Connections are replaced often, each with the certificates of that moment.
  services = new LoadedServices(
    { url: collector.urlOf('main', 'https'), otlp: { maxConnectionAgeMillis: 200 } },
    PER_SECOND,
  );
});

afterEach(async () => {
  await services.shutdown();
  vi.unstubAllEnvs();
  await collector[Symbol.asyncDispose]();
  server[Symbol.dispose]();
  client[Symbol.dispose]();
});

/** @param authorities the authorities that the server trusts */
function serverFiles(certificates: Certificates, ...authorities: readonly string[]): Record<string, string> {
  return { ...certificates.server, ca: authorities.join('') };
}

/** @param authorities the authorities that the client trusts */
function clientFiles(certificates: Certificates, ...authorities: readonly string[]): Record<string, string> {
  return { ...certificates.client, ca: authorities.join('') };
}

/** Whether a client with these certificates, which trusts that authority, gets an answer from the Collector. */
async function isAccepted(certificates: Certificates, ca: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ port: collector.portsOf('main').http, host: '127.0.0.1', ca, ...certificates.client });
  socket.on('error', () => resolve(false));
  // The handshake of the client ends before the server has checked the client's certificate, so only an answer counts.
  socket.once('secureConnect', () => socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'));
  socket.once('data', () => resolve(true));
  const accepted = await promise;
  socket.destroy();
  return accepted;
}

describe.skipIf(noCollector)(
  '5 000 spans and 5 000 log records a second, while the authority and every certificate and key are exchanged,',
  () => {
    it('are sent once each, and no request fails, if both sides trust both authorities meanwhile', async () => {
      await services.untilMore('eventsFlushed', PER_SECOND / 2);
      const steps = [
        [serverFiles(old, old.ca, next.ca), clientFiles(old, old.ca, next.ca)],
        [serverFiles(next, old.ca, next.ca), clientFiles(next, old.ca, next.ca)],
        [serverFiles(next, next.ca), clientFiles(next, next.ca)],
      ] as const;
      for (const [ofServer, ofClient] of steps) {
        server.write(ofServer);
        client.write(ofClient);
        services.jumpBy(LOOK_MILLIS);
        await services.lasts(1.5 * RELOAD_MILLIS);
      }
      expect(await isAccepted(next, next.ca)).toBe(true);
      expect(await isAccepted(old, next.ca)).toBe(false);
      expect(await isAccepted(next, old.ca)).toBe(false);
      await services.settle();
      services.expectAllOnce(collector.received('main'));
      for (const { processor } of services.all) expect(processor.getMetrics().eventsRetried).toBe(0);
      expect(lines).toEqual([]);
    });

    it('all arrive once if the Collector changes some time before the service', async () => {
      await services.untilMore('eventsFlushed', PER_SECOND / 2);
      server.write(serverFiles(next, next.ca));
      await services.untilMore('eventsRetried', 1);
      await services.lasts(1_000);
      client.write(clientFiles(next, next.ca));
      await services.untilMore('eventsFlushed', PER_SECOND / 2);
      await services.settle();
      services.expectAllOnce(collector.received('main'));
      for (const name of ['BackpressureSpanProcessor', 'BackpressureLogRecordProcessor']) {
        const ofService = lines.filter(({ text }) => text.startsWith(`${name}:`)).map(({ text }) => text);
        expect(ofService).toEqual([
          expect.stringContaining('an export failed and will be retried'),
          expect.stringContaining('exports succeed again'),
        ]);
      }
    });
  },
);
