import { describe, expect, it } from 'vitest';
import { shownPath } from '../../src/transport/shown-path.ts';

describe('the printed form of the path of an endpoint', () => {
  it.each([
    ['/v1/traces', '/v1/traces'],
    ['/otlp/v1/logs', '/otlp/v1/logs'],
    ['/', '/'],
    ['/v1/traces/v1/traces', '/v1/traces/v1/traces'],
    ['/3f9c0a7e55b1/v1/traces', '/***/v1/traces'],
    ['/ingest/3f9c0a7e55b1/v1/traces/', '/ingest/***/v1/traces/'],
    ['/v1/traces;key=3f9c0a7e55b1', '/v1/***'],
    ['/V1/Traces', '/V1/Traces'],
  ])('of %s is %s, because a segment that is not a standard word may be a key', (path, shown) => {
    expect(shownPath(path)).toBe(shown);
  });
});
