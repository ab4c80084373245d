/**
 * What the short-lived child runs: it reads requests from its standard input, sends them, and ends, by itself and by the
 * deadline that it was given. A text and not a file, so that it is found wherever a bundler has put this package; and not
 * the text of a function, into which compilers and bundlers put helpers that the child would not have.
 *
 * It repeats what may pass within the time that it has: 429, 502, 503, 504, and connections that break. One that is
 * refused twice has nobody behind it, and is not worth the wait of who ends.
 */
export const SHIPPING_PROGRAM = String.raw`'use strict';
const { readSync } = require('node:fs');
const http = require('node:http');

const MOST_IN_FLIGHT = 32;
const FIRST_PAUSE_MILLIS = 50;
const RETRYABLE = [429, 502, 503, 504];

/** What comes next on standard input, into memory of just that size: there may be little left of it. */
function read(byteLength) {
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  for (let at = 0; at < byteLength; ) {
    const count = readSync(0, bytes, at, byteLength - at, null);
    if (count === 0) process.exit(1);
    at += count;
  }
  return bytes;
}

const { deadline, requests } = JSON.parse(read(read(4).readUInt32LE(0)).toString());
const timeLeft = () => deadline - Date.now();
setTimeout(() => process.exit(1), Math.max(timeLeft(), 0));
for (const request of requests) request.body = read(request.byteLength);

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
        response.resume();
        const answer = { status: response.statusCode, retryAfter: response.headers['retry-after'] };
        const answered = () => resolve(answer);
        // The body of an answer may be cut off: the status alone counts.
        response.once('error', () => {});
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

async function deliver(request) {
  let refusals = 0;
  for (let pause = FIRST_PAUSE_MILLIS; ; pause *= 2) {
    const { status, retryAfter, code } = await attempt(request);
    if (status !== undefined && !RETRYABLE.includes(status)) return status < 300;
    if (code === 'ECONNREFUSED' && (refusals += 1) > 1) return false;
    const asked = Number.isNaN(Number(retryAfter)) ? Date.parse(retryAfter) - Date.now() : Number(retryAfter) * 1000;
    const wait = Math.max(pause, asked || 0);
    if (wait >= timeLeft()) return false;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function deliverInTurn(results) {
  for (let request = requests.shift(); request !== undefined; request = requests.shift()) results.push(await deliver(request));
  return results;
}

Promise.all(Array.from({ length: MOST_IN_FLIGHT }, () => deliverInTurn([]))).then((results) => {
  process.exit(results.flat().every(Boolean) ? 0 : 1);
});
`;
