import { afterEach, describe, expect, it, vi } from 'vitest';
import { Spool } from '../src/index.ts';
import { serviceFolderName } from '../src/folder-names.ts';
import { resolveSpoolOptions } from '../src/spool-options.ts';
import { InMemoryPipeline, requestOf } from './in-memory-pipeline.ts';
import { temporaryFolder, until } from './temporary-spool.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the options of a spool', () => {
  it('have defaults, and the service is that of the environment', () => {
    vi.stubEnv('OTEL_SERVICE_NAME', ' shop ');
    expect(resolveSpoolOptions({ directory: '/var/spool/otel' })).toEqual({
      directory: '/var/spool/otel',
      service: 'shop',
      maxBytes: 536_870_912,
      maxAgeMillis: 604_800_000,
      sync: 'interval',
      segmentBytes: 8_388_608,
    });
    vi.stubEnv('OTEL_SERVICE_NAME', '');
    expect(resolveSpoolOptions({ directory: 'spool' }).service).toBe('unknown_service');
  });

  it.each([
    [{ directory: undefined }, TypeError, 'directory must be a string, got undefined undefined'],
    [{ directory: '' }, RangeError, 'directory must be'],
    [{ directory: 'a\0b' }, RangeError, 'directory must be'],
    [{ service: 7 }, TypeError, 'service must be a string, got number 7'],
    [{ service: '' }, RangeError, 'service must be'],
    [{ maxBytes: '1' }, TypeError, 'maxBytes must be a number, got string 1'],
    [{ maxBytes: 1_000 }, RangeError, 'maxBytes must be at least 1048576, got 1000'],
    [{ maxBytes: Infinity }, RangeError, 'maxBytes must be a whole number of at least 1, got Infinity'],
    [{ maxAgeMillis: 0 }, RangeError, 'maxAgeMillis must be above 0, got 0'],
    [{ maxAgeMillis: Number.NaN }, RangeError, 'maxAgeMillis must be above 0, got NaN'],
    [{ sync: 'often' }, RangeError, 'sync must be one of never, interval, segment, always, got often'],
  ])('that are wrong (%o) are refused, with name and value', (options, kind, message) => {
    const construct = () => new Spool({ directory: '/tmp/x', ...options } as never);
    expect(construct).toThrow(kind);
    expect(construct).toThrow(message);
  });

  it('may leave the age unlimited', () => {
    expect(resolveSpoolOptions({ directory: 'x', maxAgeMillis: Infinity }).maxAgeMillis).toBe(Infinity);
  });
});

describe('the folder of a service', () => {
  it('has its name, if that is safe', () => {
    expect(serviceFolderName('shop.web-1_a')).toBe('shop.web-1_a');
  });

  it.each(['../etc', '.', '..', 'a/b', 'a\\b', 'köln', 'x'.repeat(300), ' '])(
    'of %j is inside, and no other service has it',
    (service) => {
      const name = serviceFolderName(service);
      expect(name).toMatch(/^[A-Za-z0-9_-][A-Za-z0-9._-]*-[0-9a-f]{8}$/);
      expect(name.length).toBeLessThan(120);
      expect(name).not.toBe(serviceFolderName(`${service}_`));
    },
  );
});

it('a spool stores in its directory, and the next one sends what it has left', async () => {
  const directory = temporaryFolder();
  const before = new InMemoryPipeline();
  before.answer = () => 'kept';
  const place = new Spool({ directory, service: 'shop' }).join(before);
  expect(place.store(requestOf('left'), 'now')).toBe(true);
  await place.close();
  const pipeline = new InMemoryPipeline();
  const next = new Spool({ directory, service: 'shop' }).join(pipeline);
  await until(() => pipeline.resent.length === 1);
  expect(pipeline.resent).toEqual([{ text: 'left', items: 1, storedBy: 'elsewhere' }]);
  await next.close();
});
