import { describe, expect, it } from 'vitest';
import { grpcProxyFor, proxyFor, type ProxyEnvironment } from '../../src/transport/proxy-environment.ts';

function proxy(url: string, environment: ProxyEnvironment) {
  const warnings: string[] = [];
  const found = proxyFor(new URL(url), environment, (message) => warnings.push(message));
  return {
    warnings,
    at: found && `${found.protocol}//${found.hostname}:${found.port}`,
    authorization: found?.authorization,
  };
}

/** The variable that sends gRPC through a proxy. */
const grpcVia = (environment: ProxyEnvironment, hostname = 'collector.test') =>
  grpcProxyFor(hostname, 4317, environment)?.variable;

const exempt = (url: string, noProxy: string) =>
  proxy(url, { HTTP_PROXY: 'http://p', HTTPS_PROXY: 'http://p', NO_PROXY: noProxy }).at === undefined;

describe('the proxy for a url', () => {
  it('is the one for its scheme', () => {
    const both = { HTTP_PROXY: 'http://plain:3128', HTTPS_PROXY: 'https://secure' };
    expect(proxy('http://collector', both).at).toBe('http://plain:3128');
    expect(proxy('https://collector', both).at).toBe('https://secure:443');
    expect(proxy('https://collector', { HTTP_PROXY: 'http://plain' }).at).toBeUndefined();
    expect(proxy('http://collector', {}).at).toBeUndefined();
  });

  it('is undefined if the variables may not be read, as in Deno without --allow-env', () => {
    const env = new Proxy<ProxyEnvironment>(
      {},
      {
        get: () => {
          throw new Error('Requires env access');
        },
      },
    );
    expect(proxy('http://collector', env)).toEqual({ warnings: [], at: undefined, authorization: undefined });
  });

  it('is the lower-case variable if both are given, and an empty one counts as not given', () => {
    expect(proxy('http://collector', { HTTP_PROXY: 'http://a', http_proxy: 'http://b' }).at).toBe('http://b:80');
    expect(proxy('http://collector', { HTTP_PROXY: 'http://a', http_proxy: ' ' }).at).toBe('http://a:80');
    expect(proxy('http://collector', { HTTP_PROXY: 'http://a', NO_PROXY: 'collector', no_proxy: 'other' }).at).toBe(
      'http://a:80',
    );
  });

  it('may have no scheme, an IPv6 address, or credentials', () => {
    expect(proxy('http://collector', { HTTP_PROXY: 'proxy:3128' }).at).toBe('http://proxy:3128');
    expect(proxy('http://collector', { HTTP_PROXY: 'http://[2001:db8::1]:3128' }).at).toBe('http://2001:db8::1:3128');
    expect(proxy('http://collector', { HTTP_PROXY: 'http://u%40x:p%ff@proxy' }).authorization).toBe(
      `Basic ${btoa('u@x:p%ff')}`,
    );
    expect(proxy('http://collector', { HTTP_PROXY: 'http://proxy' }).authorization).toBeUndefined();
  });

  it.for(['socks5://proxy:1080', 'http://[', 'http://'])(
    'is undefined for the invalid %s, with a warning that does not show the value',
    (value) => {
      expect(proxy('http://collector', { http_proxy: value })).toEqual({
        at: undefined,
        authorization: undefined,
        warnings: ['http_proxy is not the URL of an HTTP proxy and is ignored'],
      });
    },
  );

  it.for([
    'http://localhost:4318',
    'http://127.0.0.1',
    'http://127.1.2.3',
    'http://[::1]:4318',
    'http://a.localhost',
    'http://localhost.',
    'http://[0:0:0:0:0:0:0:1]',
    'http://[::ffff:127.0.0.1]',
  ])('is undefined for %s, which is this machine', (url) => {
    expect(proxy(url, { HTTP_PROXY: 'http://p' }).at).toBeUndefined();
  });
});

describe('NO_PROXY', () => {
  it.for([
    ['http://collector.test', '*'],
    ['http://collector.test', 'collector.test'],
    ['http://COLLECTOR.test', 'Collector.TEST'],
    ['http://a.b.collector.test', 'collector.test'],
    ['http://a.collector.test', '.collector.test'],
    ['http://collector.test', '.collector.test'],
    ['http://a.collector.test', '*.collector.test'],
    ['http://collector.test', 'other, collector.test'],
    ['http://collector.test', 'other collector.test'],
    ['http://collector.test:4318', 'collector.test:4318'],
    ['https://collector.test', 'collector.test:443'],
    ['http://10.1.2.3', '10.1.2.3'],
    ['http://10.1.2.3', '10.1.0.0/16'],
    ['http://10.1.2.3', '0.0.0.0/0'],
    ['http://10.1.2.3', '10.1.2.3/32'],
    ['http://10.1.2.3', '10.1.2.1-10.1.2.9'],
    ['http://10.1.2.1', '10.1.2.1-10.1.2.9'],
    ['http://10.1.2.9', '10.1.2.1-10.1.2.9'],
    ['http://[2001:db8::1]', '2001:db8::1'],
    ['http://[2001:db8::1]:4318', '[2001:db8::1]:4318'],
    ['http://collector.test.', 'collector.test'],
    ['http://collector.test', 'collector.test.'],
    ['http://a.collector.test.:4318', '.collector.test.:4318'],
    ['http://collector.m\u00fcnchen.test', 'M\u00fcnchen.test'],
    ['http://[2001:db8:0:0:0:0:0:1]', '2001:DB8::1'],
    ['http://[2001:db8::1]', '2001:0db8:0000:0000:0000:0000:0000:0001'],
    ['http://[2001:db8::1]:4318', '[2001:db8:0::0:1]:4318'],
    ['http://[2001:db8::1]', '[2001:db8::0001]'],
    ['http://[::ffff:10.1.2.3]', '10.1.2.3'],
    ['http://10.1.2.3', '::ffff:a01:203'],
    ['http://[2001:db8::1]', '2001:db8::/32'],
    ['http://[fd00::7:1]', 'fd00::7:0-fd00::7:ff'],
  ] as const)('exempts %s by %s', ([url, noProxy]) => {
    expect(exempt(url, noProxy)).toBe(true);
  });

  it.for([
    ['http://collector.test', ''],
    ['http://collector.test', ' , '],
    ['http://collector.test', 'other.test'],
    ['http://notcollector.test', 'collector.test'],
    ['http://test', 'collector.test'],
    ['http://collector.test:4318', 'collector.test:4317'],
    ['http://collector.test', 'collector.test:443'],
    ['http://10.2.2.3', '10.1.0.0/16'],
    ['http://10.1.2.3', '10.1.0.0/x'],
    ['http://10.1.2.3', '10.1.0.0/99'],
    ['http://10.1.2.10', '10.1.2.1-10.1.2.9'],
    ['http://10.1.2.0', '10.1.2.1-10.1.2.9'],
    ['http://10.1.2.3', '::-ffff::'],
    ['http://10.1.2.3', '2.3'],
    ['http://[2001:db8::1]', '2001:db8::2'],
    ['http://[2001:db8::1]', '2001:db9::/32'],
    ['http://[2001:db8::1]', '2001:db8::/129'],
    ['http://[2001:db8::1]', '0.0.0.0/0'],
    ['http://10.1.2.3', '::/0'],
    ['http://collector.test', '.'],
    ['http://collector.test', 'collector.test/..'],
    ['http://collector.test', 'a@collector.test'],
    ['http://10.1.2.3', '10.1.0.0/16x'],
    ['http://[a::1]', 'a[::1]'],
    ['http://[::ffff:c000:201:5]', '192.0.2.1'],
  ] as const)('does not exempt %s by %s', ([url, noProxy]) => {
    expect(exempt(url, noProxy)).toBe(false);
  });
});

describe('the proxy for gRPC', () => {
  it('is that of the first variable that is set, as gRPC reads them', () => {
    const all = { grpc_proxy: 'http://a', https_proxy: 'http://b', http_proxy: 'http://c', HTTP_PROXY: 'http://d' };
    expect(grpcVia(all)).toBe('grpc_proxy');
    expect(grpcVia({ ...all, grpc_proxy: '' })).toBe('https_proxy');
    expect(grpcVia({ http_proxy: 'http://c' })).toBe('http_proxy');
    expect(grpcVia({ HTTP_PROXY: 'http://d' })).toBeUndefined();
    expect(grpcProxyFor('collector.test', 4317, all)).toMatchObject({ hostname: 'a', port: 80 });
  });

  it.each(['https://secure:443', 'socks5://a', 'proxy.test:3128', 'nonsense'])(
    'is none if the first variable is %s, because gRPC speaks to proxies in plain HTTP, and wants a URL',
    (value) => expect(grpcVia({ grpc_proxy: value, http_proxy: 'http://c' })).toBeUndefined(),
  );

  it.each([
    [{ no_proxy: 'collector.test' }, undefined],
    [{ no_proxy: 'other.test' }, 'grpc_proxy'],
    [{ no_grpc_proxy: 'other.test', no_proxy: 'collector.test' }, 'grpc_proxy'],
    [{ no_grpc_proxy: '', no_proxy: 'collector.test' }, undefined],
    // gRPC compares the ends of names, so nothing but an empty one exempts every name.
    [{ no_proxy: 'or.test' }, undefined],
    [{ no_proxy: 'other.test,' }, undefined],
    [{ NO_PROXY: 'collector.test' }, 'grpc_proxy'],
  ] as const)('heeds the exemptions of %j', (exemptions, variable) => {
    expect(grpcVia({ grpc_proxy: 'http://a', ...exemptions })).toBe(variable);
  });

  it.each(['localhost', '127.0.0.1', '[::1]'])('is none for this machine (%s)', (hostname) => {
    expect(grpcVia({ grpc_proxy: 'http://a' }, hostname)).toBeUndefined();
  });
});
