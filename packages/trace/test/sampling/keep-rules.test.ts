import type { ReadableSpanLike, SpanKeep, SpanKeepRules } from '@spillway/trace';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { LOW, makeError, makeSpan, type SpanWishes } from './make-span.ts';
import { arrivedOf, encodedSink, lawfulSpanProcessor, processorUnderLoad } from './spans-under-load.ts';

useFakeTime();

/** Whether a span that would be sampled out is kept by a rule. */
async function isKept(keep: SpanKeep | undefined, span: ReadableSpanLike): Promise<boolean> {
  const sink = encodedSink();
  const arrived = await arrivedOf(processorUnderLoad(sink, { keep }), sink, [span]);
  return arrived.length === 1;
}

const unlucky = (wishes: SpanWishes = {}): ReadableSpanLike => makeSpan({ randomness: LOW, ...wishes });
const ofMillis = (millis: number): ReadableSpanLike =>
  unlucky({
    fields: {
      startTime: [10, 999_000_000],
      endTime: [11 + Math.floor((millis - 1) / 1_000), ((millis - 1) % 1_000) * 1e6],
    },
  });
const withAttributes = (attributes: Record<string, unknown>): ReadableSpanLike => unlucky({ fields: { attributes } });

describe('a span that would be sampled out under load', () => {
  it('is sampled out if no rule keeps it', async () => {
    expect(await isKept(undefined, unlucky())).toBe(false);
    expect(await isKept({}, unlucky())).toBe(false);
  });

  it.each([undefined, {}, { errors: true }, { errors: undefined }])(
    'is kept if its status is an error, with keep %o',
    async (keep) => {
      expect(await isKept(keep, makeError())).toBe(true);
    },
  );

  it('is sampled out even if its status is an error, if the errors rule is off', async () => {
    expect(await isKept({ errors: false }, makeError())).toBe(false);
  });

  it.each([0, 1])('is sampled out if its status is unset or ok (%i)', async (code) => {
    expect(await isKept({ errors: true }, unlucky({ fields: { status: { code } } }))).toBe(false);
  });

  it.each([
    [1_999, false],
    [2_000, true],
    [2_001, true],
    [60_000, true],
  ])('is kept if it took at least slowerThanMillis: %i ms with a limit of 2 000 ms gives %s', async (millis, kept) => {
    expect(await isKept({ slowerThanMillis: 2_000 }, ofMillis(millis))).toBe(kept);
  });

  it.each([
    [0, 0, true],
    [0.5, 500_000, true],
    [0.5, 499_999, false],
  ])(
    'is compared in fractions of a millisecond: a limit of %d ms and a span of %i ns gives %s',
    async (slowerThanMillis, nanos, kept) => {
      expect(
        await isKept({ slowerThanMillis }, unlucky({ fields: { startTime: [10, 0], endTime: [10, nanos] } })),
      ).toBe(kept);
    },
  );

  it.each([
    ['checkout', true],
    ['pay', true],
    ['check', false],
    ['Checkout', false],
  ])('is kept only if its whole name matches: %s gives %s', async (name, kept) => {
    expect(await isKept({ names: ['checkout', 'pay'] }, unlucky({ name }))).toBe(kept);
  });

  it.each<[SpanKeepRules['attributes'], Record<string, unknown>, boolean]>([
    [{ tier: 'gold' }, { tier: 'gold', other: 1 }, true],
    [{ tier: 'gold' }, { tier: 'silver' }, false],
    [{ tier: 'gold' }, {}, false],
    [{ count: 1 }, { count: '1' }, false],
    [{ ok: false }, { ok: false }, true],
    [{ tier: 'gold', 'debug.id': undefined }, { 'debug.id': 'abc' }, true],
    [{ 'debug.id': undefined }, { 'debug.id': false }, true],
    [{ 'debug.id': undefined }, { 'debug.id': undefined }, false],
    [{ 'debug.id': undefined }, { other: 1 }, false],
    [{}, { other: 1 }, false],
  ])(
    'is kept if an attribute has exactly the given value, or any value: rule %o and attributes %o give %s',
    async (attributes, spanAttributes, kept) => {
      expect(await isKept({ attributes }, withAttributes(spanAttributes))).toBe(kept);
    },
  );

  it('is kept if one of several rules matches', async () => {
    const keep = { slowerThanMillis: 2_000, names: ['checkout'], attributes: { tier: 'gold' } };
    const fitting = [makeError(), ofMillis(2_000), unlucky({ name: 'checkout' }), withAttributes({ tier: 'gold' })];
    expect(await Promise.all(fitting.map((span) => isKept(keep, span)))).toEqual([true, true, true, true]);
    expect(await isKept(keep, unlucky())).toBe(false);
  });

  it('is kept if a function says so, and then only the function decides about errors too', async () => {
    const keep = ({ name }: ReadableSpanLike): boolean => name === 'checkout';
    expect(await isKept(keep, unlucky({ name: 'checkout' }))).toBe(true);
    expect(await isKept(keep, makeError())).toBe(false);
  });

  it('is sampled like all others if the function throws, and the error reaches nobody', async () => {
    const keep = (): boolean => {
      throw new Error('bug');
    };
    const sink = encodedSink();
    const processor = processorUnderLoad(sink, { keep });
    const arrived = await arrivedOf(processor, sink, [unlucky(), makeError(), makeSpan({ name: 'lucky' })]);
    expect(arrived).toEqual([{ name: 'lucky', traceState: 'ot=th:8000' }]);
    expect(processor.getMetrics().droppedByReason.sampled_out).toBe(2);
  });
});

describe('a rule that makes no sense', () => {
  it.each<[unknown, string, string]>([
    ['errors', 'keep', 'errors'],
    [null, 'keep', 'null'],
    [7, 'keep', '7'],
    [{ errors: 'yes' }, 'keep.errors', 'yes'],
    [{ errors: null }, 'keep.errors', 'null'],
    [{ slowerThanMillis: -1 }, 'keep.slowerThanMillis', '-1'],
    [{ slowerThanMillis: Number.NaN }, 'keep.slowerThanMillis', 'NaN'],
    [{ slowerThanMillis: Infinity }, 'keep.slowerThanMillis', 'Infinity'],
    [{ slowerThanMillis: '2s' }, 'keep.slowerThanMillis', '2s'],
    [{ names: 'checkout' }, 'keep.names', 'checkout'],
    [{ names: null }, 'keep.names', 'null'],
    [{ names: ['checkout', 1] }, 'keep.names', '1'],
    [{ names: [undefined] }, 'keep.names', 'undefined'],
    [[], 'keep', ''],
    [{ attributes: ['tier'] }, 'keep.attributes', 'tier'],
    [{ slowerThanMilis: 2_000 }, 'keep.slowerThanMilis', '2000'],
    [{ spans: undefined }, 'keep.spans', 'undefined'],
    [{ attributes: 'tier' }, 'keep.attributes', 'tier'],
    [{ attributes: null }, 'keep.attributes', 'null'],
  ])('is refused by the constructor with its name and value, whatever the strategy: %o', (keep, name, value) => {
    for (const strategy of ['sample', 'drop_oldest'] as const) {
      const construct = () => lawfulSpanProcessor(encodedSink(), { strategy, keep: keep as SpanKeep });
      expect(construct).toThrow(new RegExp(`${name.replace('.', '\\.')} .*${value}`));
    }
  });
});
