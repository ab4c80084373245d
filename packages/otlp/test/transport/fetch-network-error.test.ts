import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFetchTransport } from '../../src/transport/fetch-transport.ts';

/**
 * Browsers give a page no reason for a failed connection. No real server makes `fetch` fail without a cause and a code.
 */
const url = 'http://collector.example/v1/traces';
const network = setupServer(http.post(url, () => HttpResponse.error()));

beforeAll(() => network.listen({ onUnhandledFrame: 'error' }));
afterAll(() => network.close());

it('a network error without a reason is a temporary failure, and the collector counts as unreachable', async () => {
  const transport = createFetchTransport({ url });
  const outcome = await transport.send({ chunks: [new Uint8Array(1)], byteLength: 1 }, new AbortController().signal);
  expect(outcome).toMatchObject({ kind: 'retry', unreachable: true });
  await transport.shutdown();
});
