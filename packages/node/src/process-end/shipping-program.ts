import { GREETING } from './shipping-frames.ts';

/**
 * What the short-lived child runs: it reads requests from its standard input, sends them, and ends, by itself and by the
 * deadline that it was given. A text and not a file, so that it is found wherever a bundler has put this package; and not
 * the text of a function, into which compilers and bundlers put helpers that the child would not have.
 *
 * It reads a request only when there is room for it in its window, so the sender waits in turn and neither holds them all.
 *
 * It repeats what may pass within the time that it has: 429, 502, 503, 504, and connections that break. An address that
 * refuses a connection twice has nobody behind it, and gets nothing more; if no other address turns up, the child ends.
 */
export const SHIPPING_PROGRAM = String.raw`'use strict';
const { readSync, writeSync } = require('node:fs');
const http = require('node:http');

const MOST_IN_FLIGHT = 32;
const FIRST_PAUSE_MILLIS = 50;
const MOST_IN_VAIN = 8;
const RETRYABLE = [429, 502, 503, 504];

/**
 * What comes next on standard input, into memory of just that size; undefined at its end. It waits, because the sender always
 * has the next bytes, or the end, and a thread that waited instead would cost a busy machine several turns for each request.
 */
function read(byteLength) {
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  for (let at = 0; at < byteLength; ) {
    const count = readSync(0, bytes, at, byteLength - at, null);
    if (count === 0) return undefined;
    at += count;
  }
  return bytes;
}

/** The head of the next frame; undefined after the last one. */
function readHead() {
  const head = read(read(4)?.readUInt32LE(0) ?? 0);
  return head === undefined || head.length === 0 ? undefined : JSON.parse(head.toString());
}

let deadline = 0;
const timeLeft = () => deadline - Date.now();

/** Not process.exit(), which waits for a name server that does not answer. */
function end() {
  process.kill(process.pid, 'SIGKILL');
}

const plainAgent = new http.Agent({ keepAlive: true });
const tlsAgents = new Map();
function tlsAgent(tls) {
  const key = JSON.stringify(tls);
  if (!tlsAgents.has(key)) tlsAgents.set(key, new (require('node:https').Agent)({ keepAlive: true, ...tls }));
  return tlsAgents.get(key);
}

const bare = (hostname) => hostname.replace(/^\[(.*)\]$/, '$1');

const serverNameOf = (hostname) => (require('node:net').isIP(hostname) ? '' : hostname.replace(/\.$/, ''));

/** To what the parent found, at once: a look-up may hang, and then this process could not end by itself. */
const lookupOf = (addresses) => addresses && ((name, { all }, answer) => (all ? answer(null, addresses) : answer(null, addresses[0].address, addresses[0].family)));

/** Options of the request, and what makes it. */
async function wayOf({ url, tls = {}, proxy, addresses }) {
  const lookup = lookupOf(addresses);
  const { protocol, hostname, port, host, pathname, search } = new URL(url);
  const isTls = protocol === 'https:';
  const target = { protocol, hostname: bare(hostname), port: port || (isTls ? 443 : 80), path: pathname + search, lookup };
  if (proxy === undefined) return { isTls, options: { ...target, agent: isTls ? tlsAgent(tls) : plainAgent } };
  const to = { protocol: proxy.protocol, hostname: proxy.hostname, port: proxy.port, lookup };
  const authorization = proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization };
  if (!isTls) {
    const agent = proxy.protocol === 'https:' ? tlsAgent({}) : plainAgent;
    // Without a name of its own, TLS would take that of the header: the collector's.
    return { isTls: proxy.protocol === 'https:', options: { ...to, servername: serverNameOf(to.hostname), path: url, agent }, headers: { host, ...authorization } };
  }
  const socket = await tunnel(to, target.hostname + ':' + target.port, authorization);
  const servername = serverNameOf(target.hostname);
  const createConnection = () => require('node:tls').connect({ servername, ...tls, socket });
  return { isTls, options: { ...target, agent: undefined, createConnection } };
}

function tunnel(to, authority, headers) {
  return new Promise((resolve, reject) => {
    const { request } = to.protocol === 'https:' ? require('node:https') : http;
    const connect = request({ ...to, method: 'CONNECT', path: authority, headers: { host: authority, ...headers }, agent: false });
    connect.once('connect', ({ statusCode }, socket) => (statusCode === 200 ? resolve(socket) : reject(new Error('no tunnel'))));
    connect.once('error', reject);
    connect.end();
  });
}

/** One attempt. Resolves with status and Retry-After of an answer, or with the code of an error. */
async function attempt(request) {
  try {
    const { isTls, options, headers } = await wayOf(request);
    return await new Promise((resolve, reject) => {
      const { request: open } = isTls ? require('node:https') : http;
      const sent = open({
        ...options,
        method: 'POST',
        headers: { ...request.headers, ...headers, 'content-length': request.body.length },
        signal: AbortSignal.timeout(Math.max(timeLeft(), 1)),
      });
      sent.once('error', reject);
      sent.once('response', (response) => {
        // The body of an answer may be cut off, or no HTTP: the status alone counts.
        sent.off('error', reject).on('error', () => {});
        response.resume();
        const answer = { status: response.statusCode, retryAfter: response.headers['retry-after'] };
        const answered = () => resolve(answer);
        // A success that comes before all was sent speaks of what nobody has yet. Where the rest is not sent, it was none.
        if (answer.status < 300) sent.once('close', () => (sent.writableFinished ? answered() : reject(new Error('not sent'))));
        else response.once('end', answered).once('close', answered);
      });
      sent.end(request.body);
    });
  } catch (error) {
    // The host may have moved since.
    request.addresses = undefined;
    return { code: error.code ?? error.errors?.[0]?.code };
  }
}

const origins = new Set();
const deserted = new Set();
let countInVain = 0;

async function deliver(request) {
  const { origin } = new URL(request.url);
  origins.add(origin);
  if (deserted.has(origin)) return onVain();
  let refusals = 0;
  for (let pause = FIRST_PAUSE_MILLIS; !deserted.has(origin); pause *= 2) {
    const { status, retryAfter, code } = await attempt(request);
    if (status !== undefined && !RETRYABLE.includes(status)) return;
    if (code === 'ECONNREFUSED' && (refusals += 1) > 1) break;
    const asked = Number.isNaN(Number(retryAfter)) ? Date.parse(retryAfter) - Date.now() : Number(retryAfter) * 1000;
    const wait = Math.max(pause, asked || 0);
    if (wait >= timeLeft()) return;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  deserted.add(origin);
}

/** Requests of all pipelines come in turn: by now there would have been one for another address. */
function onVain() {
  countInVain += 1;
  if (origins.size === deserted.size && countInVain >= MOST_IN_VAIN) end();
}

/** Requests in flight, at most as many bytes of them as the window has, unless there is only one. */
class Window {
  constructor(byteLength) {
    this.byteLength = byteLength;
    this.requests = new Set();
    this.bytes = 0;
    this.freedBytes = 0;
    this.whenSettled = () => {};
  }

  async roomFor(byteLength) {
    while (this.requests.size >= MOST_IN_FLIGHT || (this.requests.size > 0 && this.bytes + byteLength > this.byteLength)) await this.settled();
    if (this.freedBytes < this.byteLength / 2) return;
    this.freedBytes = 0;
    // V8 is in no hurry to collect what lies off its heap. This turn of the event loop may still refer to the last body, and
    // a collection leaves it to the next one to free what it has found.
    await new Promise(setImmediate);
    globalThis.gc();
    globalThis.gc();
  }

  settled() {
    return new Promise((resolve) => (this.whenSettled = resolve));
  }

  async send(request) {
    const byteLength = request.body.length;
    this.requests.add(request);
    this.bytes += byteLength;
    await deliver(request).catch(() => {});
    this.requests.delete(request);
    this.bytes -= byteLength;
    this.freedBytes += byteLength;
    this.whenSettled();
  }
}

async function main() {
  writeSync(1, '${GREETING}');
  const terms = readHead();
  if (terms === undefined) return;
  deadline = terms.deadline;
  setTimeout(end, Math.max(timeLeft(), 0));
  const window = new Window(terms.windowBytes);
  for (let request = readHead(); request !== undefined; request = readHead()) {
    await window.roomFor(request.byteLength);
    request.body = read(request.byteLength);
    if (request.body === undefined) break;
    window.send(request);
    // What was sent before goes on between two reads.
    await new Promise(setImmediate);
  }
  while (window.requests.size > 0) await window.settled();
}

main().finally(end);
`;
