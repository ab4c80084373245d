import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Certificates,
  type Collector,
  type Fault,
  mintCertificates,
  startCollector,
} from '../../../../test/collector/src/index.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { doctor, endpoint, expectEach, type Variables } from './examination.ts';
import { run, SECRET } from './run.ts';
import { servers } from './servers.ts';

const { file, path: pathOf } = useTemporaryFolder();
let certificates: Certificates;

beforeAll(() => {
  certificates = mintCertificates();
});

async function withCollector(fault: Fault | undefined, use: (collector: Collector) => Promise<void>): Promise<void> {
  await using collector = await startCollector();
  collector.setFault(fault);
  await use(collector);
}

describe('a collector that accepts everything', () => {
  it('gets one item of each signal, once, and is reported as ok', () =>
    withCollector(undefined, async (collector) => {
      const ran = await run(['doctor'], {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET}`,
      });
      expect(ran).toMatchObject({ code: 0, err: '' });
      expect(ran.out).toMatch(
        new RegExp(
          `^traces to ${collector.url}/v1/traces \\(OTEL_EXPORTER_OTLP_ENDPOINT\\)\n  ok: accepted \\(one span, \\d+ ms\\)\n\nlogs to .*\n  ok: accepted \\(one log record, .*\n\nmetrics to .*\n  ok: accepted \\(one data point, `,
        ),
      );
      expect(collector.spans().map(({ span }) => span.name)).toEqual(['spillway doctor']);
      expect(collector.logRecords().map(({ logRecord }) => logRecord.body?.stringValue)).toEqual(['spillway doctor']);
      expect(collector.requests.map(({ headers }) => headers['authorization'])).toEqual([SECRET, SECRET, SECRET]);
      expect(collector.dataPoints().map(({ metric }) => metric.name)).toEqual(['spillway.doctor']);
    }));

  it('gets nothing of a signal that goes elsewhere, which is not a failure', () =>
    withCollector(undefined, async (collector) => {
      const found = await doctor({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_LOGS_EXPORTER: 'console' });
      expect(found).toMatchObject({ kinds: ['accepted', 'nothing', 'accepted'], code: 0 });
      expect(collector.counts().requests).toBe(2);
    }));

  it('is not reported as working if no signal goes to it', async () => {
    const ran = await run(['doctor'], {
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'prometheus',
    });
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('metrics do not go to OTLP, because of OTEL_METRICS_EXPORTER');
    expect(ran.out).toContain('traces do not go to OTLP, because of OTEL_TRACES_EXPORTER');
  });

  it('gets every signal even if telemetry is switched off, with a warning', () =>
    withCollector(undefined, async (collector) => {
      const { out } = await run(['doctor'], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: 'true' });
      expect(out).toContain('warning OTEL_SDK_DISABLED is true: an application would send nothing');
      expect([collector.spans(), collector.logRecords(), collector.dataPoints()].map(({ length }) => length)).toEqual([
        1, 1, 1,
      ]);
    }));

  it('gets every signal over TLS with a client certificate', async () => {
    const { ca, server, client } = certificates;
    await using collector = await startCollector({ tls: { ...server, clientCa: ca } });
    const found = await doctor({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', ca),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('client.pem', client.cert),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: file('client.key', client.key),
    });
    expect(found).toMatchObject({ kinds: ['accepted', 'accepted', 'accepted'], code: 0 });
  });
});

describe('the diagnosis of an answer', () => {
  it.each<[string, Fault, string, RegExp]>([
    ['401', { kind: 'status', code: 401 }, 'unauthorized', /answered 401.*OTEL_EXPORTER_OTLP_TRACES_HEADERS/],
    ['403', { kind: 'status', code: 403 }, 'forbidden', /answered 403.*OTEL_EXPORTER_OTLP_HEADERS/],
    ['404', { kind: 'status', code: 404 }, 'wrong_path', /right for most servers/],
    ['405', { kind: 'status', code: 405 }, 'method_not_allowed', /accepts no POST at \/v1\/traces/],
    ['413', { kind: 'status', code: 413 }, 'too_large', /limits of the server/],
    ['415', { kind: 'status', code: 415 }, 'unsupported_media_type', /http\/protobuf/],
    ['429 with Retry-After', { kind: 'status', code: 429, retryAfter: '30' }, 'throttled', /asks to wait 30 s/],
    ['503', { kind: 'status', code: 503 }, 'throttled', /overloaded, or not ready yet/],
    ['502', { kind: 'status', code: 502 }, 'server_error', /gateway/],
    ['500', { kind: 'status', code: 500 }, 'server_error', /look at its log/],
    ['400', { kind: 'status', code: 400 }, 'refused', /does not understand/],
    ['422', { kind: 'status', code: 422 }, 'refused', /rejects the request/],
    [
      'a redirect',
      { kind: 'status', code: 308, headers: { location: 'https://elsewhere.test/' } },
      'redirect',
      /not followed/,
    ],
    [
      'partial success',
      { kind: 'partial-success', rejected: 1, message: 'too old' },
      'partial_success',
      /too old.*rejected the item/,
    ],
    [
      'a warning',
      { kind: 'partial-success', rejected: 0, message: 'deprecated' },
      'accepted',
      /with a warning.*deprecated/,
    ],
    ['200 with a body that is not OTLP', { kind: 'garbage-response' }, 'not_otlp', /does not look like OTLP/],
    ['200 with a page', { kind: 'status', code: 200, body: '<html>Welcome</html>' }, 'not_otlp', /Welcome.*web server/],
    [
      'no answer because the connection is closed',
      { kind: 'close-before-answer' },
      'connection_broken',
      /closes the connection/,
    ],
    ['no answer because the connection is reset', { kind: 'reset' }, 'connection_broken', /closes the connection/],
  ])('tells the cause of %s', (_, fault, kind, words) =>
    withCollector(fault, (collector) => expectEach({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, kind, words)),
  );

  it.each(['Client sent an HTTP request to an HTTPS server.', 'The plain HTTP request was sent to HTTPS port'])(
    'tells that a 400 comes from a TLS server that says: %s',
    async (said) => {
      const port = await servers.http((_, response) => response.writeHead(400).end(said));
      await expectEach(endpoint(port), 'tls_required', /Write https:\/\//);
    },
  );

  it('tells that a 200 with a huge page is not OTLP', async () => {
    const port = await servers.http((_, response) => response.end(Buffer.alloc(5 * 2 ** 20)));
    await expectEach(endpoint(port), 'not_otlp', /above maxResponseBytes.*does not look like OTLP/);
  });

  it('tells that a 400 comes from the path of another signal', () =>
    withCollector({ kind: 'status', code: 400 }, ({ url }) =>
      expectEach(
        {
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/logs`,
          OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${url}/v1/metrics`,
          OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${url}/v1/traces`,
        },
        'refused',
        /does not understand.*\/v1\/traces/,
      ),
    ));

  it('tells that a TLS alert comes from a TLS server', async () => {
    const alert = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46]);
    await expectEach(
      endpoint(await servers.socket((socket) => socket.once('data', () => socket.end(alert)))),
      'tls_required',
      /Write https:\/\//,
    );
  });

  it('tells that no answer came in time', () =>
    withCollector({ kind: 'hang' }, (collector) =>
      expectEach({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, 'timeout', /within 300 ms.*hangs/, [
        '--timeout',
        '300',
      ]),
    ));

  it('does not show a secret that the answer repeats', async () => {
    const port = await servers.http((request, response) =>
      response.writeHead(401).end(`bad token ${request.headers.authorization}`),
    );
    await expectEach(endpoint(port), 'unauthorized', /bad token/);
  });
});

describe('the diagnosis of a path', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'lacks the path of the signal',
      'TRACES_ENDPOINT',
      '',
      /The path is \/, but.*append \/v1\/traces in OTEL_EXPORTER_OTLP_TRACES_ENDPOINT/,
    ],
    ['is doubled', 'ENDPOINT', '/v1/traces', /twice: OTEL_EXPORTER_OTLP_ENDPOINT is the base URL/],
    ['is that of another signal', 'TRACES_ENDPOINT', '/v1/metrics', /that of another signal/],
  ])('tells that it %s', async (_what, variable, path, words) => {
    const port = await servers.http((_, response) => response.writeHead(404).end());
    const found = await doctor({ [`OTEL_EXPORTER_OTLP_${variable}`]: `http://localhost:${port}${path}` });
    expect(found.kinds[0]).toBe('wrong_path');
    expect(found.words).toMatch(words);
  });
});

describe('a server without metrics', () => {
  it('accepts the other signals, and is told apart by its 404', async () => {
    const port = await servers.http((request, response) =>
      response.writeHead(request.url === '/v1/metrics' ? 404 : 200).end(),
    );
    expect(await doctor(endpoint(port))).toMatchObject({ kinds: ['accepted', 'accepted', 'wrong_path'], code: 1 });
    const { out } = await run(['doctor'], endpoint(port));
    expect(out).toMatch(/^metrics to .*\n {2}failed: .*404.*\n {2}.*OTEL_METRICS_EXPORTER=none/m);
    const without = await doctor({ ...endpoint(port), OTEL_METRICS_EXPORTER: 'none' });
    expect(without).toMatchObject({ kinds: ['accepted', 'accepted', 'nothing'], code: 0 });
  });
});

describe('the diagnosis without a connection', () => {
  it('tells that the name cannot be resolved', () =>
    expectEach(
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.invalid:4318' },
      'name_not_resolved',
      /collector\.invalid cannot be resolved/,
    ));

  it('tells that nothing listens', async () => {
    await expectEach(endpoint(await servers.nobody()), 'connection_refused', /Nothing listens.*the container itself/);
  });

  // TCP has no route to a multicast group.
  it('tells that there is no route', () =>
    expectEach({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://224.0.0.1:4318' }, 'unreachable', /ENETUNREACH.*firewalls/));

  it('tells that nothing answers a connection attempt', async () => {
    await expectEach(endpoint(await servers.deaf()), 'unreachable', /firewalls/, ['--timeout', '300']);
  });
});

describe('the diagnosis of a wrong protocol', () => {
  it('recognises gRPC without TLS', async () => {
    await expectEach(endpoint(await servers.http2()), 'grpc', /only HTTP\/2, as gRPC.*PROTOCOL to grpc.*4318/);
  });

  it('recognises gRPC without TLS at an https:// endpoint', async () => {
    await expectEach(endpoint(await servers.http2(), 'https'), 'grpc', /HTTP\/2 without TLS/);
  });

  it('recognises gRPC with TLS', async () => {
    const port = await servers.http2WithTls(certificates.server);
    await expectEach(
      { ...endpoint(port, 'https'), OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', certificates.ca) },
      'grpc',
      /as gRPC does/,
    );
  });

  it('recognises gRPC with TLS by the handshake', async () => {
    const port = await servers.tlsForHttp2(certificates.server);
    await expectEach(
      { ...endpoint(port, 'https'), OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', certificates.ca) },
      'grpc',
      /broke.*as gRPC does/,
    );
  });

  it('recognises an http:// endpoint at a TLS port', async () => {
    await expectEach(
      endpoint(await servers.https(certificates.server)),
      'tls_required',
      /Write https:\/\/ in OTEL_EXPORTER_OTLP_ENDPOINT/,
    );
  });

  it('recognises an https:// endpoint at a plain-text port', async () => {
    await expectEach(
      endpoint(await servers.http((_, response) => response.end()), 'https'),
      'tls_not_spoken',
      /\): wrong version number The port does not speak TLS. Write http:\/\/ in/,
    );
  });

  it('recognises a protocol that is not HTTP', async () => {
    await expectEach(
      endpoint(await servers.socket((socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n')))),
      'not_http',
      /does not speak HTTP/,
    );
  });
});

describe('the diagnosis of a failed handshake', () => {
  it.each<[string, keyof Certificates['badServers'], string, RegExp]>([
    ['is self-signed', 'selfSigned', 'tls_self_signed', /OTEL_EXPORTER_OTLP_CERTIFICATE/],
    ['has expired', 'expired', 'tls_expired', /has expired/],
    ['is not valid yet', 'notYetValid', 'tls_expired', /not valid yet/],
    ['is for another name', 'otherHost', 'tls_wrong_host', /not for localhost, but for other names/],
  ])('tells that the certificate %s', async (_, server, kind, words) => {
    const port = await servers.https(certificates.badServers[server]);
    await expectEach(
      { ...endpoint(port, 'https'), OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', certificates.ca) },
      kind,
      words,
    );
  });

  it('tells that the signer of the certificate is unknown', async () => {
    await expectEach(
      endpoint(await servers.https(certificates.server), 'https'),
      'tls_unknown_authority',
      /PEM file with that authority/,
    );
  });

  it('tells that there is no TLS version that both sides allow', async () => {
    const port = await servers.https({
      ...certificates.server,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await expectEach(endpoint(port, 'https'), 'tls_failed', /no common TLS version or cipher/);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('tells that a client certificate is required (%s)', async (maxVersion) => {
    const { ca, server } = certificates;
    const port = await servers.https({ ...server, ca, requestCert: true, maxVersion });
    await expectEach(
      { ...endpoint(port, 'https'), OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', ca) },
      'tls_client_certificate',
      /requires a client certificate/,
    );
  });

  it('tells that the client certificate is not accepted', async () => {
    const { ca, server } = certificates;
    const { client } = mintCertificates();
    const port = await servers.https({ ...server, ca, requestCert: true });
    const env = {
      ...endpoint(port, 'https'),
      OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', ca),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('client.pem', client.cert),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: file('client.key', client.key),
    };
    await expectEach(env, 'tls_client_certificate', /does not accept the client certificate/);
  });
});

describe('the diagnosis of a proxy', () => {
  const far = (scheme: string): Variables => ({ OTEL_EXPORTER_OTLP_ENDPOINT: `${scheme}://collector.test:4318` });

  it('tells that the proxy cannot be reached', async () => {
    const proxy = `http://user:${SECRET}@localhost:${await servers.nobody()}`;
    await expectEach(
      { ...far('http'), HTTP_PROXY: proxy },
      'proxy',
      /through the proxy localhost:\d+, because HTTP_PROXY is set/,
    );
    await expectEach({ ...far('https'), HTTPS_PROXY: proxy }, 'proxy', /because HTTPS_PROXY is set/);
  });

  it('tells that the proxy does not accept the credentials', async () => {
    const proxy = `http://user:${SECRET}@localhost:${await servers.refusingProxy(407)}`;
    await expectEach({ ...far('http'), HTTP_PROXY: proxy }, 'proxy', /answered 407.*does not accept the credentials/);
    await expectEach({ ...far('https'), HTTPS_PROXY: proxy }, 'proxy', /answered 407.*credentials included/);
  });

  it('tells that the proxy does not reach the collector', async () => {
    const proxy = `http://localhost:${await servers.refusingProxy(502)}`;
    await expectEach({ ...far('http'), HTTP_PROXY: proxy }, 'server_error', /does not reach the collector/);
    await expectEach({ ...far('https'), HTTPS_PROXY: proxy }, 'proxy', /answered 502/);
  });
});

describe('the examined start of an application', () => {
  const within = (folder: string, env: Variables) => {
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder);
    return run(['doctor'], env).finally(() => cwd.mockRestore());
  };
  /** Installs a package with only a name, a version and some code. */
  const install = (folder: string, name: string, version: string, code = '') => {
    const at = join(folder, 'node_modules', name);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'package.json'), JSON.stringify({ name, version }));
    writeFileSync(join(at, 'index.js'), code);
  };

  it('works if an SDK is installed, and the versions are shown', () =>
    withCollector(undefined, async ({ url }) => {
      const { code, out } = await run(['doctor'], { OTEL_EXPORTER_OTLP_ENDPOINT: url });
      expect(out).toMatch(
        /^start of an application in .*\n {2}ok: OpenTelemetry 2\.x is installed \(sdk-trace-base 2\.\d+\.\d+, sdk-logs 0\.\d+\.\d+, sdk-metrics 2\.\d+\.\d+, api 1\.9\.\d+\)$/m,
      );
      expect(code).toBe(0);
    }));

  it('fails if no SDK is installed, even if the collector accepts everything', () =>
    withCollector(undefined, async ({ url }) => {
      install(pathOf('empty'), '@spillway/node', '1.0.0');
      const { code, out } = await within(pathOf('empty'), { OTEL_EXPORTER_OTLP_ENDPOINT: url });
      expect(out).toMatch(/failed: no OpenTelemetry SDK is installed\. .*npm install /);
      expect(out.match(/ok: accepted/g)).toHaveLength(3);
      expect(code).toBe(1);
    }));

  it('fails if the SDK of a signal is missing, unless that signal is switched off', () =>
    withCollector(undefined, async ({ url }) => {
      const folder = pathOf('traces-only');
      install(folder, '@opentelemetry/sdk-trace', '3.1.1');
      for (const name of ['api', 'core', 'resources'])
        install(folder, `@opentelemetry/${name}`, name === 'api' ? '1.10.0' : '3.1.1');
      const all = await within(folder, { OTEL_EXPORTER_OTLP_ENDPOINT: url });
      expect(all.out).toMatch(/failed: logs are left out: no SDK for logs is installed\. To have them: npm install /);
      expect(all.out).toMatch(
        /failed: metrics are left out: no SDK for metrics is installed\. To have them: npm install @opentelemetry\/sdk-metrics@\^3/,
      );
      expect(all.code).toBe(1);
      const traces = await within(folder, {
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_LOGS_EXPORTER: 'none',
        OTEL_METRICS_EXPORTER: 'none',
      });
      expect(traces.out).toContain('ok: OpenTelemetry 3.x is installed (sdk-trace 3.1.1, api 1.10.0)');
      expect(traces.code).toBe(0);
    }));

  it.each<[string, string | undefined, RegExp]>([
    [
      'throws',
      'throw new Error("built for another Node")',
      /OpenTelemetry 3\.x could not be loaded: built for another Node/,
    ],
    [
      'is missing',
      undefined,
      /OpenTelemetry 3\.x could not be loaded: @opentelemetry\/resources, which @opentelemetry\/sdk-trace 3\.1\.1 needs, is not installed/,
    ],
  ])('fails if a package of the SDK %s', async (what, code, words) => {
    const folder = pathOf(`broken ${what}`);
    for (const name of ['sdk-trace', 'sdk-logs', 'core']) install(folder, `@opentelemetry/${name}`, '3.1.1');
    install(folder, '@opentelemetry/api', '1.10.0');
    if (code !== undefined) install(folder, '@opentelemetry/resources', '3.1.1', code);
    const { out } = await within(folder, endpoint(await servers.nobody()));
    expect(out).toMatch(words);
  });

  it('fails if telemetry is switched off', () =>
    withCollector(undefined, async ({ url }) => {
      const { code, out } = await run(['doctor'], { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SDK_DISABLED: 'true' });
      expect(out).toContain('failed: OTEL_SDK_DISABLED is true');
      expect(code).toBe(1);
    }));
});

describe('a setting that cannot be used', () => {
  it('is shown as ignored, not as unset, if it is an endpoint that is not a URL', async () => {
    const { out } = await run(['doctor', '--timeout', '300'], {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'collector:4318',
      ...endpoint(await servers.nobody()),
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'localhost',
    });
    expect(out).toMatch(
      /^traces to http:\/\/localhost:\d+\/v1\/traces \(OTEL_EXPORTER_OTLP_ENDPOINT; OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is ignored\)$/m,
    );
    expect(out).not.toContain('not set');
    const alone = await run(['doctor', '--timeout', '300'], { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector.test' });
    expect(alone.out).toMatch(
      /^traces to http:\/\/localhost:4318\/v1\/traces \(default; OTEL_EXPORTER_OTLP_ENDPOINT is ignored\)$/m,
    );
    expect(alone.out).not.toContain('not set');
    expect(alone.out).toContain('warning OTEL_EXPORTER_OTLP_ENDPOINT="collector.test" is ignored');
  });

  it('is reported if it is a file without a certificate', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('client.pem', SECRET),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: file('client.key', SECRET),
    };
    const { out } = await run(['doctor'], { ...endpoint(await servers.nobody()), ...env });
    expect(
      out.match(/warning OTEL_EXPORTER_OTLP_CLIENT_KEY, OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: .* cannot be used/g),
    ).toHaveLength(1);
    expect(out).not.toContain(SECRET);
  });

  it('causes a warning, and the default is used', async () => {
    const port = await servers.http((_, response) => response.end());
    const ran = await run(['doctor'], {
      ...endpoint(port),
      OTEL_EXPORTER_OTLP_COMPRESSION: 'zip',
      SPILLWAY_STRATEGIE: 'x',
      OTEL_EXPORTER_OTLP_CERTIFICATE: SECRET,
    });
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('warning OTEL_EXPORTER_OTLP_COMPRESSION="zip" is ignored');
    expect(ran.out).toContain(
      'warning "SPILLWAY_STRATEGIE" is not known and has no effect: did you mean SPILLWAY_STRATEGY?',
    );
    expect(ran.out.match(/OTEL_EXPORTER_OTLP_CERTIFICATE: its file cannot be read/g)).toHaveLength(1);
    expect(ran.out).not.toContain(SECRET);
  });

  it('may contain credentials and a query, which are used but not shown', async () => {
    const seen: (string | undefined)[] = [];
    const port = await servers.http((request, response) => {
      seen.push(request.headers.authorization, request.url);
      response.end();
    });
    const ran = await run(['doctor'], {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://user:${SECRET}@localhost:${port}/v1/traces?key=${SECRET}`,
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
    });
    expect(seen).toEqual([`Basic ${btoa(`user:${SECRET}`)}`, `/v1/traces?key=${SECRET}`]);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain(
      `traces to http://***@localhost:${port}/v1/traces?*** (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)`,
    );
    expect(ran.out).not.toContain(SECRET);
  });
});
