import { describe, expect, it } from 'vitest';
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';
import type { OtlpTransportOptions } from '../../src/transport/transport-options.ts';
import { bodyOf } from './sending.ts';

function requestOf(options: OtlpTransportOptions) {
  return createHttpTransport({ proxyEnv: {}, ...options }).requestOf?.(bodyOf('one ', 'two'));
}

describe('the request that a transport hands over', () => {
  it('has the URL without user information, which is among the headers, and the bytes in one piece', () => {
    const request = requestOf({ url: 'http://user:pass@collector:4318/v1/traces?key=1', headers: { A: 'b' } });
    expect(request).toMatchObject({ url: 'http://collector:4318/v1/traces?key=1', headers: { a: 'b', authorization: 'Basic dXNlcjpwYXNz' } });
    expect(new TextDecoder().decode(request?.body)).toBe('one two');
    expect(request).not.toHaveProperty('tls');
    expect(request).not.toHaveProperty('proxy');
  });

  it.each(['http', 'https'])('says which proxy %s goes through', (scheme) => {
    const proxyEnv = { HTTP_PROXY: 'http://u:p@proxy:3128', HTTPS_PROXY: 'http://u:p@proxy:3128' };
    const request = requestOf({ url: `${scheme}://collector/v1/traces`, proxyEnv });
    expect(request?.proxy).toEqual({ protocol: 'http:', hostname: 'proxy', port: 3128, authorization: 'Basic dTpw' });
  });

  it('has what TLS needs', () => {
    const tls = { rejectUnauthorized: false, servername: 'other' };
    expect(requestOf({ url: 'https://collector/v1/traces', tls })?.tls).toEqual(tls);
  });
});
