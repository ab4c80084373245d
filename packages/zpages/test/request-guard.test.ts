import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { RequestGuard } from '../src/server/request-guard.ts';

const TOKEN = 'correct horse battery';

const open = new RequestGuard({ host: '127.0.0.1', token: undefined });
const guarded = new RequestGuard({ host: '0.0.0.0', token: TOKEN });

const statusOf = (guard: RequestGuard, headers: Record<string, string>, method = 'GET', url = '/') => {
  const headersDistinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return guard.refusalOf({ headers, headersDistinct, method, url })?.status ?? 200;
};

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('a request to the live page', () => {
  it.each([
    'localhost:55679',
    'LOCALHOST',
    'localhost.:80',
    'shop.localhost:3000',
    '127.0.0.1:55679',
    '127.1.2.3',
    '127.0.0.1.',
    'localhost:',
    '[::1]:55679',
    '[FE80::1]',
    '[::ffff:127.0.0.1]',
    'a.b.localhost.',
    '10.0.0.7:8080',
    hostname(),
  ])('is answered if its Host is %s', (host) => {
    expect(statusOf(open, { host })).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:55679',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    'localhost:55679:evil',
    'evil.example@localhost',
    'user:password@127.0.0.1',
    'localhost, evil.example',
    'localhost evil.example',
    'localhost:80x',
    'localhost..',
    'evillocalhost',
    '.localhost',
    'a..localhost',
    'evil.example.',
    'EVIL.EXAMPLE',
    '[evil.example]',
    '[localhost]',
    '[127.0.0.1]',
    '[::1.]',
    '[::1',
    '::1',
    '[]',
    '2130706433',
    '127.1',
    '0x7f.0.0.1',
    '.',
    ' ',
    '',
    ':55679',
  ])('is refused if its Host is "%s", because a name may be made to point here', (host) => {
    expect(statusOf(open, { host })).toBe(403);
    expect(statusOf(guarded, { host, authorization: `Bearer ${TOKEN}` })).toBe(403);
  });

  it('is refused without a Host', () => {
    expect(statusOf(open, {})).toBe(403);
  });

  it.each([
    ['localhost', 'evil.example'],
    ['evil.example', 'localhost'],
    ['localhost', 'localhost'],
    ['localhost', ''],
  ])('is refused if it has several Hosts: "%s" and "%s"', (...host) => {
    expect(
      open.refusalOf({ headers: { host: host[0] }, headersDistinct: { host }, method: 'GET', url: '/' })?.status,
    ).toBe(403);
  });

  it.each([
    'http://evil.example',
    'null',
    '',
    'http://localhost:3000',
    'file://',
    'http://localhost:55679, http://evil.example',
    'http://localhost:55679/',
    'http://evil.example@localhost:55679',
  ])('is refused if its Origin is %s', (origin) => {
    expect(statusOf(open, { host: 'localhost:55679', origin })).toBe(403);
  });

  it('is answered if its Origin is the page itself', () => {
    expect(statusOf(open, { host: 'localhost:55679', origin: 'http://localhost:55679' })).toBe(200);
  });

  it('of another site is refused, unless it follows a link', () => {
    const host = 'localhost:55679';
    expect(statusOf(open, { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403);
    expect(statusOf(open, { host, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' })).toBe(403);
    expect(statusOf(open, { host, 'sec-fetch-site': 'same-origin, cross-site', 'sec-fetch-mode': 'cors' })).toBe(403);
    expect(statusOf(open, { host, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'no-cors' })).toBe(200);
    expect(statusOf(open, { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toBe(200);
    expect(statusOf(open, { host, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' })).toBe(200);
  });

  it.each([
    [basic(`anyone:${TOKEN}`), 200],
    [basic(`:${TOKEN}`), 200],
    [basic(TOKEN), 200],
    [basic(`anyone:${TOKEN}x`), 401],
    [basic('anyone:'), 401],
    ['Bearer', 401],
    ['Bearer wrong', 401],
    ['Digest username="x"', 401],
    ['', 401],
  ])('with the authorization "%s" gets %i if a token is needed', (authorization, status) => {
    expect(statusOf(guarded, { host: '10.0.0.7', authorization })).toBe(status);
  });

  it('may have the token as a Bearer token', () => {
    const guard = new RequestGuard({ host: '0.0.0.0', token: 'correct-horse-battery' });
    expect(statusOf(guard, { host: '10.0.0.7', authorization: 'Bearer correct-horse-battery' })).toBe(200);
    expect(statusOf(guard, { host: '10.0.0.7', authorization: 'bearer correct-horse-battery' })).toBe(200);
    expect(statusOf(guard, { host: '10.0.0.7', authorization: 'Bearer correct-horse-batterx' })).toBe(401);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('is refused with method %s', (method) => {
    expect(statusOf(open, { host: 'localhost' }, method)).toBe(405);
  });

  it.each([
    '/..',
    '/../etc/passwd',
    '/%2e%2e/etc/passwd',
    '//etc/passwd',
    '/index.html',
    'http://evil.example/',
    'http://localhost/',
    'http://localhost',
    '*',
    '',
  ])('finds nothing at %s', (url) => {
    expect(statusOf(open, { host: 'localhost' }, 'GET', url)).toBe(404);
  });

  it('is told nothing but that a token is needed, whatever else is wrong with it', () => {
    expect(statusOf(guarded, { host: '10.0.0.7' }, 'POST', '/nothing')).toBe(401);
  });
});
