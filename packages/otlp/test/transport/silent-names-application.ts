/**
 * An application in its own namespace, run by `silent-names.ts`: it looks names up, and sends requests of two signals,
 * each over a new connection. Argument: how long it runs, in milliseconds. Prints its report as JSON and exits
 * immediately.
 */
import dns from 'node:dns';
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';

const report = { lookedUp: 0, answered: 0, outcomes: {} as Record<string, number>, exitedAt: 0 };

for (const signal of ['traces', 'logs']) {
  const transport = createHttpTransport({
    url: `http://collector.test:4318/v1/${signal}`,
    keepAlive: false,
    proxyEnv: {},
  });
  const send = async (): Promise<void> => {
    const outcome = await transport.send(
      { chunks: [new Uint8Array(100)], byteLength: 100 },
      new AbortController().signal,
    );
    const what = outcome.error === undefined ? outcome.kind : outcome.error.message;
    report.outcomes[what] = (report.outcomes[what] ?? 0) + 1;
    setTimeout(() => void send(), 50);
  };
  void send();
}

setInterval(() => {
  report.lookedUp += 1;
  dns.lookup('application.test', (error) => (report.answered += error === null ? 1 : 0));
}, 100);

setTimeout(() => {
  report.exitedAt = Date.now();
  process.stdout.write(JSON.stringify(report), () => process.exit(0));
}, Number(process.argv[2]));
