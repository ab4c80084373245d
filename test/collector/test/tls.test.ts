import { request } from 'node:https';
import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { mintCertificates, startCollector } from '../src/index.ts';
import { traceBody } from './bodies.ts';
import { answerTo } from './client.ts';

const certificates = mintCertificates();
const { ca, server, client } = certificates;
const { body } = traceBody(3);

function send(url: string, tls: { ca?: string; key?: string; cert?: string }) {
  const sent = request(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    agent: false,
    ...tls,
  });
  sent.end(body);
  return answerTo(sent);
}

describe('a collector with TLS', () => {
  it('is trusted by a client that knows its authority, by its name and by its address', async () => {
    await using collector = await startCollector({ tls: server });

    expect(collector.url).toMatch(/^https:/);
    expect((await send(collector.url, { ca })).status).toBe(200);
    expect((await send(collector.url.replace('127.0.0.1', 'localhost'), { ca })).status).toBe(200);
    expect(collector.counts()).toMatchObject({ items: 6, unique: 3 });
  });

  it('is not trusted by a client that does not know its authority', async () => {
    await using collector = await startCollector({ tls: server });

    await expect(send(collector.url, {})).rejects.toMatchObject({
      code: expect.stringMatching(/CERT|ISSUER|SIGNATURE/),
    });
    await expect(send(collector.url, { ca: mintCertificates().ca })).rejects.toThrow(/certificate|signature/);
    expect(collector.requests).toHaveLength(0);
  });

  it('lets in only clients with a certificate of the required authority', async () => {
    await using collector = await startCollector({ tls: { ...server, clientCa: ca } });
    const stranger = mintCertificates().client;

    await expect(send(collector.url, { ca })).rejects.toThrow(/certificate|hang up|ECONNRESET/);
    await expect(send(collector.url, { ca, ...stranger })).rejects.toThrow(/certificate|unknown ca|hang up|ECONNRESET/);
    expect((await send(collector.url, { ca, ...client })).status).toBe(200);
    expect(collector.requests).toHaveLength(1);
  });

  it.each(['reset', 'close-before-answer'] as const)('can have faults: %s', async (kind) => {
    await using collector = await startCollector({ tls: server });
    collector.queueFaults({ kind });

    await expect(send(collector.url, { ca })).rejects.toMatchObject({ code: 'ECONNRESET' });
    await collector.until((now) => now.counts().inFlight === 0);

    expect(collector.counts()).toMatchObject({ items: 0, unanswered: 3 });
    expect((await send(collector.url, { ca })).status).toBe(200);
  });

  it('sends RST below TLS with the fault reset, without announcing a close', async () => {
    await using collector = await startCollector({ tls: server });
    collector.setFault({ kind: 'reset' });
    const sent = request(`${collector.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      agent: false,
      ca,
    });
    sent.end(body);

    const [error] = await once(sent, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
  });
});

describe('minted certificates', () => {
  it('are signed by their authority and valid now', () => {
    const authority = new X509Certificate(ca);
    expect(authority.ca).toBe(true);
    for (const { cert } of [server, client]) {
      const certificate = new X509Certificate(cert);
      expect(certificate.verify(authority.publicKey)).toBe(true);
      expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now());
      expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now());
    }
    expect(new X509Certificate(server.cert).subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
  });
});
