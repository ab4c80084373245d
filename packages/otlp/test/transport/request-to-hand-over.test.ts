import { describe, expect, it } from 'vitest';
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';
import type { OtlpTransportOptions } from '../../src/transport/transport-options.ts';
import { startServer } from './local-server.ts';
import { bodyOf, send } from './sending.ts';

const BODY = bodyOf('one ', 'two');

function requestOf(options: OtlpTransportOptions) {
  return createHttpTransport({ proxyEnv: {}, ...options }).requestOf?.(BODY);
}

describe('the request that a transport hands over', () => {
  it('has the URL without user information, which is in a header, and the bytes without a copy', () => {
    const request = requestOf({ url: 'http://user:pass@collector:4318/v1/traces?key=1', headers: { A: 'b' } });
    expect(request).toMatchObject({
      protocol: 'http/protobuf',
      url: 'http://collector:4318/v1/traces?key=1',
      headers: { a: 'b', authorization: 'Basic dXNlcjpwYXNz' },
    });
    expect(request?.body).toBe(BODY);
    expect(request).not.toHaveProperty('tls');
    expect(request).not.toHaveProperty('proxy');
  });

  it.each(['http', 'https'])('names the proxy for %s', (scheme) => {
    const proxyEnv = { HTTP_PROXY: 'http://u:p@proxy:3128', HTTPS_PROXY: 'http://u:p@proxy:3128' };
    const request = requestOf({ url: `${scheme}://collector/v1/traces`, proxyEnv });
    expect(request?.proxy).toEqual({
      protocol: 'http:',
      hostname: 'proxy',
      port: 3128,
      authorization: 'Basic dTpw',
      variable: `${scheme.toUpperCase()}_PROXY`,
    });
  });

  it('has the last known addresses of the host, so that it need not be looked up again', async () => {
    const server = await startServer((response) => response.end());
    const transport = createHttpTransport({ proxyEnv: {}, url: `http://localhost:${server.port}/v1/traces` });
    await send(transport);
    expect(transport.requestOf?.(bodyOf('x'))?.addresses).toContainEqual(
      expect.objectContaining({ address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) }),
    );
    await transport.shutdown();
    expect(requestOf({ url: 'http://never.asked.test/' })).not.toHaveProperty('addresses');
  });

  it('names a host without the trailing dot', () => {
    expect(requestOf({ url: 'http://collector.test.:4318/v1/traces' })?.headers).toMatchObject({
      host: 'collector.test:4318',
    });
  });

  it('has the TLS options', () => {
    const tls = { rejectUnauthorized: false, servername: 'other' };
    expect(requestOf({ url: 'https://collector/v1/traces', tls })?.tls).toEqual(tls);
  });
});
