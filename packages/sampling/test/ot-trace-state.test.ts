import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatRandomness,
  formatThreshold,
  KEEP_ALL,
  maxThreshold,
  parseThreshold,
  readOtTraceState,
  roundUpThreshold,
  type Threshold,
  thresholdOf,
  withoutThreshold,
  withThreshold,
  withThresholdAhead,
} from '@spillway/sampling';
import { thresholdFrom, uint56 } from './arbitraries.ts';

const RV = 'rv:6e6d1a75832a2f';
const threshold = (text: string): Threshold => parseThreshold(text) as Threshold;

/** `th` and `rv` as they were read, written as text; `-` if absent. */
const read = (traceState: string): string => {
  const { threshold: th, randomness: rv } = readOtTraceState(traceState);
  return `${th === undefined ? '-' : formatThreshold(th)} ${rv === undefined ? '-' : formatRandomness(rv)}`;
};

// Printed by the Collector's `NewW3CTraceState` (pkg/sampling v0.165.0) for each of these.
describe('the sampling information of a tracestate, as the Collector reads it', () => {
  it.each([
    ['', '- -'],
    ['ot=th:0', '0 -'],
    ['ot=th:c', 'c -'],
    ['ot=rv:6e6d1a75832a2f', '- 6e6d1a75832a2f'],
    ['ot=th:c;rv:d29d6a7215ced0;pn:abc,zz=vendorcontent', 'c d29d6a7215ced0'],
    ['zz=vendorcontent,ot=pn:abc;rv:d29d6a7215ced0;th:c', 'c d29d6a7215ced0'],
    [' , ot=th:1, , other=value ', '1 -'],
    ['ot=th:8 ', '8 -'],
    ['ot=th:8\t', '8 -'],
    [',,,', '- -'],
    ['ot=th:8,ot=th:c', 'c -'],
    ['ot=th:8;th:c', 'c -'],
    [`ot=x:${'_'.repeat(249)};th:8`, '8 -'],
    [`ot=x:${'_'.repeat(250)};th:8`, '- -'],
    ['ot=rv:3;p:2', '- -'],
    ['ot=rv:3;th:8', '8 -'],
    ['ot=th:zz;rv:6e6d1a75832a2f', '- 6e6d1a75832a2f'],
    ['ot=th:;rv:', '- -'],
    ['ot=th:100000000000000', '- -'],
    ['ot=th:1;', '- -'],
    ['ot=;th:1', '- -'],
    ['ot=th:1=p:2', '- -'],
    ['ot=th:-1', '- -'],
    ['ot=th:0x1p+3', '- -'],
    ['ot=th:$', '- -'],
    ['ot= th:8', '- -'],
    ['ot=th:8;rv:00000000000001;TH:c', '- -'],
    ['ot=1:1;th:8', '- -'],
    ['OT=th:8', '- -'],
    ['a@ot=th:8', '- -'],
    ['ot', '- -'],
    ['th:8', '- -'],
  ])('%s', (traceState, sampling) => {
    expect(read(traceState)).toBe(sampling);
  });

  it.each(['ot=th:AB', 'ot=rv:ABCDEFABCDEFAB'])(
    'is read more strictly for %s, because the specification allows only lower case',
    (traceState) => {
      expect(read(traceState)).toBe('- -');
    },
  );
});

describe('withThreshold', () => {
  it.each([
    ['writes a threshold into an empty tracestate', '', 'c', 'ot=th:c'],
    ['writes the threshold that keeps all, because that is information too', '', '0', 'ot=th:0'],
    ['replaces a much smaller threshold', 'ot=th:8', 'c', 'ot=th:c'],
    ['replaces a threshold that is smaller by one digit', 'ot=th:c', 'c001', 'ot=th:c001'],
    ['leaves a greater threshold', 'ot=th:c', '8', 'ot=th:c'],
    ['leaves the same threshold', 'ot=th:c', 'c', 'ot=th:c'],
    ['leaves the same threshold as it is if it has trailing zeros', 'ot=th:c000', 'c', 'ot=th:c000'],
    ['rounds up to four digits', '', 'aaaaaaaaaaaaac', 'ot=th:aaab'],
    ['writes four significant digits', '', 'fd70a', 'ot=th:fd70a'],
    ['leaves all digits of a greater threshold', 'ot=th:aaaaaaaaaaaaac', 'aaaaaaaaaaaaab', 'ot=th:aaaaaaaaaaaaac'],
    ['replaces a malformed threshold', 'ot=th:xyz', '8', 'ot=th:8'],
    ['replaces a malformed list', 'ot=th:c;', '8', 'ot=th:8'],
    ['keeps explicit randomness', `ot=${RV}`, '8', `ot=th:8;${RV}`],
    ['removes malformed randomness', 'ot=rv:3;p:2', '8', 'ot=th:8;p:2'],
    ['keeps the sub-keys around it', `ot=a:1;th:4;${RV};b:2`, '8', `ot=th:8;a:1;${RV};b:2`],
    ['keeps sub-keys that look like it', 'ot=thx:1;rvx:2;t:3;th:4', '8', 'ot=th:8;thx:1;rvx:2;t:3'],
    ['removes duplicate sub-keys', `ot=th:1;th:2;rv:00000000000001;${RV}`, '8', `ot=th:8;${RV}`],
    ['puts itself before another vendor', 'x=1', '8', 'ot=th:8,x=1'],
    ['moves a changed member before other vendors', 'x=1,ot=th:4,y=2', '8', 'ot=th:8,x=1,y=2'],
    ['does not move an unchanged member', 'x=1,ot=th:c,y=2', '8', 'x=1,ot=th:c,y=2'],
    ['removes white space and empty members', ' x=1 ,, ot=th:4\t, \t,y= 2', '8', 'ot=th:8,x=1,y= 2'],
    ['removes a second member of its own', 'ot=th:4,x=1,ot=th:6', '8', 'ot=th:8,x=1'],
    ['keeps a tenant with its name', '1ten@ot=th:4', '8', 'ot=th:8,1ten@ot=th:4'],
    ['removes malformed members', 'x,=1,y=,z=a=b,é=1,v=ü,w= ,UP=1,ok=1', '8', 'ot=th:8,ok=1'],
  ])('%s', (_, traceState, text, expected) => {
    expect(withThreshold(traceState, threshold(text))).toBe(expected);
  });

  it('writes the greater of both thresholds, and keeps explicit randomness', () => {
    fc.assert(
      fc.property(uint56, fc.option(uint56, { nil: undefined }), fc.boolean(), (value, incoming, isExplicit) => {
        const before = [
          incoming === undefined ? 'a:1' : `th:${formatThreshold(thresholdFrom(incoming))}`,
          ...(isExplicit ? [RV] : []),
        ].join(';');
        const limit = thresholdFrom(value);
        const { threshold: th, randomness } = readOtTraceState(withThreshold(`x=1,ot=${before}`, limit));
        const isGreater = incoming === undefined || value > incoming;
        expect(th).toEqual(isGreater ? maxThreshold(limit, roundUpThreshold(limit, 4)) : thresholdFrom(incoming));
        expect(randomness && formatRandomness(randomness)).toBe(isExplicit ? RV.slice(3) : undefined);
      }),
    );
  });

  it('writes exactly the threshold of a probability with four digits', () => {
    for (const share of [0.5, 0.1, 0.01, 0.001, 1e-6, 0.999]) {
      expect(readOtTraceState(withThreshold('', thresholdOf(share, 4))).threshold).toEqual(thresholdOf(share, 4));
    }
  });
});

describe('withThresholdAhead', () => {
  it.each([
    ['', 'ot=th:8000'],
    ['a=1,b=2', 'ot=th:8000,a=1,b=2'],
    ['ot=th:0', 'ot=th:8000'],
    ['ot=th:8', 'ot=th:8000'],
    ['a=1,ot=th:7fffffffffffff;x:1', 'ot=th:8000;x:1,a=1'],
    [`a=1,ot=x:1;${RV};th:c,b=2`, `ot=th:c000;x:1;${RV},a=1,b=2`],
    ['ot=th:80000000000001;x:1', 'ot=th:80000000000001;x:1'],
    ['ot=th:ffffff', 'ot=th:ffffff'],
    ['ot=th:zz', 'ot=th:8000'],
  ])('puts the greater threshold in front, with at least four digits: %s', (traceState, expected) => {
    expect(withThresholdAhead(traceState, threshold('8'), 4)).toBe(expected);
  });
});

describe('withoutThreshold', () => {
  it.each([
    ['leaves an empty tracestate', '', ''],
    ['removes a member that is only a threshold', 'ot=th:8', ''],
    ['keeps the other sub-keys', `ot=a:1;th:8;${RV}`, `ot=a:1;${RV}`],
    ['moves a changed member before other vendors', 'x=1,ot=th:8;a:1,y=2', 'ot=a:1,x=1,y=2'],
    ['keeps other vendors if its own member is only a threshold', 'x=1,ot=th:8,y=2', 'x=1,y=2'],
    ['changes nothing if there is no threshold', ` x=1 , ot=a:1;${RV}`, ` x=1 , ot=a:1;${RV}`],
    ['removes a malformed threshold', 'ot=th:XYZ;a:1', 'ot=a:1'],
    ['removes a malformed list', 'ot=th:8;;a:1,x=1', 'x=1'],
  ])('%s', (_, traceState, expected) => {
    expect(withoutThreshold(traceState)).toBe(expected);
  });
});

describe('the limits of a tracestate', () => {
  const numbered = (count: number, length: number): string[] =>
    Array.from({ length: count }, (_, index) => `m${index}=`.padEnd(length, 'v'));
  const eight = threshold('8');

  it('allow 32 members, and the last ones are removed', () => {
    expect(withThreshold(numbered(31, 5).join(','), eight)).toBe(['ot=th:8', ...numbered(31, 5)].join(','));
    expect(withThreshold(numbered(32, 5).join(','), eight)).toBe(['ot=th:8', ...numbered(31, 5)].join(','));
    expect(withThreshold([...numbered(31, 5), 'ot=th:4'].join(','), eight)).toBe(
      ['ot=th:8', ...numbered(31, 5)].join(','),
    );
  });

  it('allow 512 characters, and whole members are removed from the right', () => {
    // 7 for the threshold and 5 x 101 for the members: exactly full.
    expect(withThreshold(numbered(5, 100).join(','), eight)).toHaveLength(512);
    expect(withThreshold([...numbered(4, 100), 'last='.padEnd(101, 'v')].join(','), eight)).toBe(
      ['ot=th:8', ...numbered(4, 100)].join(','),
    );
    expect(withThreshold(['first='.padEnd(101, 'v'), ...numbered(5, 100), 'end=1'].join(','), eight)).toBe(
      ['ot=th:8', 'first='.padEnd(101, 'v'), ...numbered(3, 100)].join(','),
    );
  });

  it('leave a tracestate unchanged if it is exactly as large as allowed', () => {
    const full = [...numbered(5, 100), 'ot=th:c'].join(',');
    expect(full).toHaveLength(512);
    const many = [...numbered(31, 5), 'ot=th:c'].join(',');
    expect([full, many].map((traceState) => withThreshold(traceState, eight))).toEqual([full, many]);
  });

  it('remove members above 128 characters first, as W3C Trace Context says', () => {
    const large = ['a='.padEnd(129, 'v'), 'b='.padEnd(129, 'v')];
    const small = numbered(3, 100);
    const traceState = [large[0], small[0], large[1], small[1], small[2]].join(',');
    expect(withThreshold(traceState, eight)).toBe(['ot=th:8', large[0], ...small].join(','));
    expect(withThreshold([traceState, 'c='.padEnd(128, 'v')].join(','), eight)).toBe(
      ['ot=th:8', ...small, 'c='.padEnd(128, 'v')].join(','),
    );
  });

  it('never remove the member that was written, however large it is', () => {
    const large = `b:${'v'.repeat(200)}`;
    expect(withThreshold([`ot=${large}`, ...numbered(4, 100)].join(','), eight)).toBe(
      [`ot=th:8;${large}`, ...numbered(2, 100)].join(','),
    );
  });

  it('allow 256 characters of the ot value, and sub-keys except randomness are removed from the right', () => {
    const full = `a:1;b:${'v'.repeat(256 - 'a:1;b:'.length - RV.length - 1)};${RV}`;
    expect(full).toHaveLength(256);
    expect(withThreshold(`ot=${full}`, eight)).toBe(`ot=th:8;a:1;${RV}`);
    const fits = `b:${'v'.repeat(256 - 'th:8;b:'.length)}`;
    expect(withThreshold(`ot=${fits}`, eight)).toBe(`ot=th:8;${fits}`);
    expect(withThreshold(`ot=${fits}v`, eight)).toBe('ot=th:8');
  });

  it('apply to a tracestate that keeps a greater threshold of its own, whose member then goes first', () => {
    const traceState = [...numbered(6, 100), 'ot=th:c;a:1'].join(',');
    expect(withThreshold(traceState, eight)).toBe(['ot=th:c;a:1', ...numbered(4, 100)].join(','));
    expect(withThreshold(['ot=th:c', ...numbered(32, 5)].join(','), eight)).toBe(
      ['ot=th:c', ...numbered(31, 5)].join(','),
    );
    expect(withoutThreshold(numbered(33, 5).join(','))).toBe(numbered(32, 5).join(','));
    expect(withoutThreshold('x='.padEnd(513, 'v'))).toBe('');
  });

  it('apply with the additional digits of withThresholdAhead too', () => {
    const fits = `b:${'v'.repeat(256 - 'th:8;b:'.length)}`;
    expect(withThresholdAhead(`ot=${fits}`, eight, 4)).toBe('ot=th:8000');
    expect(withThresholdAhead(`ot=${fits.slice(0, -3)}`, eight, 4)).toBe(`ot=th:8000;${fits.slice(0, -3)}`);
    const members = [...numbered(4, 120), 'w='.padEnd(20, 'v')];
    expect(withThreshold(members.join(','), eight)).toHaveLength(512);
    expect(withThresholdAhead(members.join(','), eight, 4)).toBe(['ot=th:8000', ...members.slice(0, -1)].join(','));
  });

  const HUGE = 2_000_000;
  it.each([
    ['one endless member', 'v'.repeat(HUGE)],
    ['one endless value', `ot=th:${'8'.repeat(HUGE)}`],
    ['endless white space', `x=1${' '.repeat(HUGE)}y`],
    ['only commas', ','.repeat(HUGE)],
    ['thousands of members', 'a=1,'.repeat(HUGE / 4)],
    ['thousands of its own', 'ot=th:8,'.repeat(HUGE / 8)],
    ['thousands of sub-keys', `ot=${'a:1;'.repeat(HUGE / 4)}`],
    [
      'thousands of keys that nearly fit',
      `${'a'.repeat(256)}=${'b '.repeat(128)}${'\t'.repeat(100)},`.repeat(HUGE / 600),
    ],
    ['characters of several units', '💥=💥,'.repeat(HUGE / 6)],
  ])('are applied quickly to %s', (_, hostile) => {
    const start = performance.now();
    for (let round = 0; round < 20; round += 1) {
      readOtTraceState(hostile);
      withoutThreshold(hostile);
      const written = withThreshold(hostile, threshold('ffff'));
      expect(written.length).toBeLessThanOrEqual(512);
      expect(written.startsWith('ot=th:ffff')).toBe(true);
    }
    // The sixty calls take a few milliseconds. A pass over the whole text, or a quadratic one over a part, would take
    // seconds.
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('do not split a member at the end of the part that is read', () => {
    const member = (index: number): string => `${`m${index}`.padEnd(256, 'k')}=${'v'.repeat(256)}`;
    // The last one would become a short threshold if it were cut.
    const traceState = [
      ...Array.from({ length: 30 }, (_, index) => member(index)),
      ' '.repeat(1_014),
      `ot=th:${'8'.repeat(600)}`,
    ].join(',');
    expect(read(traceState)).toBe('- -');
    expect(withThreshold(traceState, threshold('1'))).toBe('ot=th:1');
  });

  it('let exactly 32 members be read', () => {
    expect(read([...numbered(31, 5), 'ot=th:8'].join(','))).toBe('8 -');
    expect(read([...numbered(32, 5), 'ot=th:8'].join(','))).toBe('- -');
  });

  it('apply to any text, and the result can be read again', () => {
    const piece = fc.constantFrom(
      'ot=',
      'th:',
      RV,
      'th:8',
      ',',
      ';',
      '=',
      ' ',
      '\t',
      'x=1',
      'y@z=2',
      'é',
      '\n',
      'A',
      'v'.repeat(130),
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
      fc.string({ maxLength: 600, unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, uint56, (traceState, value) => {
        const limit = thresholdFrom(value);
        const written = withThreshold(traceState, limit);
        const { threshold: th, randomness } = readOtTraceState(written);
        expect(written.length).toBeLessThanOrEqual(512);
        expect(written.split(',').length).toBeLessThanOrEqual(32);
        expect(th).toEqual(maxThreshold(th ?? KEEP_ALL, limit));
        expect(randomness).toEqual(readOtTraceState(traceState).randomness);
        expect(withThreshold(written, limit)).toBe(written);
        const ahead = withThresholdAhead(traceState, limit, 4);
        expect(ahead).toMatch(/^ot=th:[0-9a-f]{4,14}(?:[;,]|$)/);
        expect([
          ahead.length <= 512,
          ahead.split(',').length <= 32,
          (ahead.split(',')[0] ?? '').length <= 'ot='.length + 256,
        ]).toEqual([true, true, true]);
        expect(readOtTraceState(ahead)).toEqual(readOtTraceState(written));
        expect(readOtTraceState(withoutThreshold(traceState)).threshold).toBeUndefined();
        expect(withoutThreshold(traceState).length).toBeLessThanOrEqual(512);
      }),
      { numRuns: 2_000 },
    );
  });
});
