import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A folder with the packed files of our packages, as an application has them. */
function install(...packages: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'otlp-grpc-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const modules = join(folder, 'node_modules');
  for (const name of packages) {
    cpSync(join(ROOT, 'packages', name, 'package.json'), join(modules, '@spillway', name, 'package.json'));
    cpSync(join(ROOT, 'packages', name, 'dist'), join(modules, '@spillway', name, 'dist'), { recursive: true });
  }
  const api = join('@opentelemetry', 'api');
  cpSync(join(ROOT, 'node_modules', api), join(modules, api), { recursive: true });
  return folder;
}

function run(folder: string, program: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
}

const SEND = `await transport.send({ chunks: [], byteLength: 0 }, new AbortController().signal)`;
const LOADED = `Object.keys(createRequire(import.meta.url).cache).filter((name) => name.includes('@grpc')).length`;

describe('gRPC', () => {
  it('is loaded with the first request, and only if it is asked for', () => {
    const output = run(
      ROOT,
      `import { createRequire } from 'node:module';
       import { createTransport } from '@spillway/otlp/transport';
       const url = 'http://127.0.0.1:1';
       for (const protocol of ['http/protobuf', 'grpc']) {
         const transport = createTransport(protocol, 'traces', { url });
         const before = ${LOADED};
         ${SEND};
         console.log(protocol, before, ${LOADED} > 0);
       }`,
    );
    expect(output).toBe('http/protobuf 0 false\ngrpc 0 true\n');
  });

  it.each([
    ['http/protobuf', '@grpc 0, transcoder 0\n'],
    ['grpc', expect.stringMatching(/^@grpc [1-9]\d*, transcoder 0\n$/)],
  ])(
    'is loaded in a zero-code start with %s only if that is it, and the code for lines of JSON is not',
    (protocol, expected) => {
      const program = `
      import { createRequire } from 'node:module';
      import { trace } from '@opentelemetry/api';
      import { start } from '@spillway/node';
      const spillway = start({ application: process.cwd() + '/', instrumentations: [], drainTimeoutMillis: 500 });
      trace.getTracer('shop').startSpan('order').end();
      await spillway.shutdown();
      const loaded = (part) => Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes(part)).length;
      console.log('@grpc ' + loaded('@grpc') + ', transcoder ' + loaded('transcoder'));`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
        cwd: join(ROOT, 'test'),
        env: {
          PATH: process.env['PATH'],
          OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        },
        encoding: 'utf8',
      });
      expect(stdout).toEqual(expected);
    },
  );

  it('that is not installed fails in passing, with one line that has the command', () => {
    const output = run(
      install('backpressure', 'config', 'otlp'),
      `import { diag, DiagLogLevel } from '@opentelemetry/api';
       import { createTransport } from '@spillway/otlp/transport';
       diag.setLogger({ error: (line) => console.log('error', line) }, DiagLogLevel.ERROR);
       const transport = createTransport('grpc', 'traces', { url: 'http://127.0.0.1:1' });
       const { kind, unreachable, error } = ${SEND};
       console.log(kind, unreachable, error.name, error.message);
       await import('@spillway/otlp');
       console.log('the rest works');`,
    );
    const needs = 'the protocol grpc needs the package @spillway/otlp-grpc: npm install @spillway/otlp-grpc';
    expect(output.split('\n')).toEqual([
      `error OTLP transport: ${needs}`,
      `retry true TransportNotLoadedError the transport to 127.0.0.1:1 cannot be loaded: ${needs}`,
      'the rest works',
      '',
    ]);
  });

  it('refuses a wrong option when the transport is created, although nothing is loaded yet', () => {
    const output = run(
      ROOT,
      `import { createTransport } from '@spillway/otlp/transport';
       try { createTransport('grpc', 'traces', { url: 'http://collector', timeoutMillis: -1 }); }
       catch (error) { console.log(error.message); }`,
    );
    expect(output).toMatch(/^timeoutMillis must be from 0 /);
  });
});
