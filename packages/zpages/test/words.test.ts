import { describe, expect, it } from 'vitest';
import { textOf } from '../src/index.ts';
import { dropsOf, factsOf, fillOf, headlineOf } from '../src/view/pipeline-words.ts';
import { blockedText } from '../src/view/process-words.ts';
import { bytesText, countText, durationText, percentText, rateText, untilText } from '../src/view/words.ts';
import { pipelineReport, reportOf } from './sample-report.ts';

/** With ordinary spaces. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

const failed = { agoMs: 900, latencyMs: 3, result: 'no connection', isOk: false };
const rates = pipelineReport().rates;

describe('the facts about a pipeline', () => {
  const spoolOf = (spool?: { items: number; bytes: number }) =>
    factsOf(
      pipelineReport({ metrics: spool === undefined ? {} : { spool: { ...spool, oldestStoredAt: 0, takenOver: 0 } } }),
    )
      .filter(({ name }) => name === 'In the spool')
      .map(({ text }) => plain(text));

  it('show what the spool holds, of which some may not be on disk yet, and nothing if it holds nothing', () => {
    expect(spoolOf({ items: 2_000, bytes: 2_048 })).toEqual(['2 000 spans, 2.0 KiB on disk']);
    expect(spoolOf({ items: 7, bytes: 0 })).toEqual(['7 spans, 0 B on disk']);
    expect(spoolOf({ items: 0, bytes: 2_048 })).toEqual([]);
    expect(spoolOf()).toEqual([]);
  });
});

describe('the sentence about a pipeline', () => {
  it.each<[string, string, string, Parameters<typeof pipelineReport>[0]]>([
    ['good', 'idle', 'Nothing has come in yet.', {}],
    ['good', 'fine', 'Everything has been sent.', { metrics: { eventsOffered: 5, eventsFlushed: 5 } }],
    [
      'good',
      'fine',
      'Sending. 1 span is kept, none for longer than 80 ms.',
      { metrics: { eventsOffered: 5, bufferSize: 1 }, oldestHeldMs: 80 },
    ],
    [
      'bad',
      'outage',
      'Nothing gets through. 12 430 spans are kept, next try in 2.1 s.',
      {
        metrics: { eventsOffered: 20_000, bufferSize: 12_430, circuit: 'open' },
        pause: { kind: 'backoff', ms: 2_100 },
        lastAttempt: failed,
      },
    ],
    [
      'bad',
      'outage',
      'Nothing gets through. Nothing is held, trying now.',
      { metrics: { eventsOffered: 5, circuit: 'half_open' } },
    ],
    [
      'bad',
      'failing',
      'The last request failed: no connection. 3 spans are kept, next try in less than 1 s.',
      { metrics: { bufferSize: 3 }, pause: { kind: 'backoff', ms: 300 }, lastAttempt: failed },
    ],
    [
      'busy',
      'throttled',
      'The collector asked for a pause, which ends in 30 s. 3 spans are kept.',
      { metrics: { bufferSize: 3, state: 'blocked' }, pause: { kind: 'throttle', ms: 30_000 }, lastAttempt: failed },
    ],
    [
      'bad',
      'losing',
      'Losing 120 a second: more comes in than can be sent.',
      { metrics: { state: 'blocked' }, rates: { ...rates, now: { ...rates.now, lost: 120 } } },
    ],
    [
      'busy',
      'sampling',
      'Under load: 25 % of the traces are kept, and count for the rest.',
      { metrics: { state: 'elevated' }, samplingProbability: 0.25 },
    ],
    [
      'busy',
      'backlog',
      '600 spans are kept, because more comes in than the collector takes.',
      { metrics: { state: 'elevated', bufferSize: 500, inFlight: 100 }, utilization: utilization({ items: 0.6 }) },
    ],
    [
      'busy',
      'backlog',
      'Nothing is held, and the process is under pressure.',
      { metrics: { state: 'critical' }, utilization: utilization({ pressure: 0.9 }) },
    ],
    ['busy', 'set aside', '4 spans failed and are tried alone.', { metrics: { eventsOffered: 9, setAside: 4 } }],
    ['busy', 'ending', 'Ending: 7 spans still to be sent.', { metrics: { state: 'draining', bufferSize: 7 } }],
  ])('is %s (%s): %s', (tone, title, text, more) => {
    const headline = headlineOf(pipelineReport(more));
    expect({ ...headline, text: plain(headline.text) }).toEqual({ tone, title, text });
  });

  it('names the items of each signal', () => {
    const words = ['traces', 'logs', 'metrics', 'profiles'].map((signal) =>
      plain(headlineOf(pipelineReport({ signal, metrics: { state: 'draining', bufferSize: 2 } })).text),
    );
    expect(words).toEqual(
      ['spans', 'log records', 'data points', 'items'].map((items) => `Ending: 2 ${items} still to be sent.`),
    );
  });
});

function utilization(more: Partial<Parameters<typeof fillOf>[0]['utilization']>) {
  return { items: 0, bytes: 0, budget: undefined, pressure: 0, ...more };
}

describe('the figures of a pipeline', () => {
  it.each([
    [utilization({ items: 0.7, bytes: 0.2 }), 'items'],
    [utilization({ bytes: 0.7, items: 0.2 }), 'memory'],
    [utilization({ budget: 0.7, bytes: 0.2 }), 'shared memory'],
    [utilization({ pressure: 0.7, bytes: 0.2 }), 'pressure on the process'],
  ])('say which bound presses: %j is %s', (of, by) => {
    expect(fillOf(pipelineReport({ utilization: of, metrics: { bufferUtilization: 0.7 } }))).toEqual({
      share: 0.7,
      by,
    });
  });

  it('name no bound if nothing presses', () => {
    expect(fillOf(pipelineReport())).toEqual({ share: 0, by: '' });
  });

  it.each([
    [{ metrics: { circuit: 'closed' as const } }, 'closed'],
    [
      { metrics: { circuit: 'open' as const }, pause: { kind: 'backoff' as const, ms: 3_000 } },
      'open, next probe in 3.0 s',
    ],
    [{ metrics: { circuit: 'half_open' as const } }, 'half open, a probe is on its way'],
    [{ pause: { kind: 'backoff' as const, ms: 3_000 } }, 'closed, next try in 3.0 s'],
    [{ pause: { kind: 'throttle' as const, ms: 3_000 } }, 'closed, throttled for 3.0 s'],
  ])('tell the circuit with a countdown: %j', (more, text) => {
    expect(plain(factsOf(pipelineReport(more)).find(({ name }) => name === 'Circuit')?.text ?? '')).toBe(text);
  });

  it('tell dropped items by reason, the most frequent first, with what it means', () => {
    const { droppedByReason } = pipelineReport().metrics;
    const drops = dropsOf(
      pipelineReport({ metrics: { droppedByReason: { ...droppedByReason, evicted: 5, rejected: 70 } } }),
    );
    expect(drops).toEqual([
      { reason: 'rejected', count: 70, meaning: 'the collector refused them for good' },
      { reason: 'evicted', count: 5, meaning: 'made room for newer ones' },
    ]);
  });

  it('tell items that were not even built among them', () => {
    const drops = (signal: string) => dropsOf(pipelineReport({ signal, metrics: { eventsNotBuilt: 7 } }));
    expect(drops('logs')).toEqual([{ reason: 'not_built', count: 7, meaning: 'would have found no room' }]);
    expect(drops('traces')).toEqual([
      { reason: 'not_built', count: 7, meaning: expect.stringContaining('sampled out under load') },
    ]);
  });

  it('have a meaning for every reason', () => {
    const { droppedByReason } = pipelineReport().metrics;
    const all = Object.fromEntries(Object.keys(droppedByReason).map((reason) => [reason, 1]));
    for (const { meaning } of dropsOf(pipelineReport({ metrics: { droppedByReason: all as typeof droppedByReason } })))
      expect(meaning).toMatch(/\w/);
  });
});

describe('numbers', () => {
  it.each([
    [durationText(0.04), '0 ms'],
    [durationText(9.94), '9.9 ms'],
    [durationText(999), '999 ms'],
    [durationText(1_000), '1.0 s'],
    [durationText(9_949), '9.9 s'],
    [durationText(9_950), '10 s'],
    [durationText(119_000), '119 s'],
    [durationText(120_000), '2 min'],
    [durationText(7_200_000), '2 h'],
    [durationText(48 * 3_600_000), '2 d'],
    [untilText(999), 'less than 1 s'],
    [untilText(1_000), '1.0 s'],
    [countText(999), '999'],
    [countText(1_234_567), '1 234 567'],
    [rateText(null), '–'],
    [rateText(0), '0'],
    [rateText(0.01), '0.1'],
    [rateText(3.24), '3.2'],
    [rateText(2_183.4), '2 183'],
    [percentText(0), '0 %'],
    [percentText(0.004), '< 1 %'],
    [percentText(0.826), '83 %'],
    [bytesText(1_023), '1023 B'],
    [bytesText(1_024), '1.0 KiB'],
    [bytesText(15 * 1_024), '15 KiB'],
    [bytesText(4.2 * 2 ** 20), '4.2 MiB'],
    [bytesText(5_000 * 2 ** 30), '5000 GiB'],
  ])('are short: %s', (text, expected) => {
    expect(plain(text)).toBe(expected);
  });
});

describe('the page as text', () => {
  const busy = pipelineReport({
    metrics: { state: 'critical', bufferSize: 900, bufferUtilization: 0.9, eventsOffered: 1_000, eventsFlushed: 90 },
    utilization: utilization({ items: 0.9 }),
    lost: 10,
    failures: [{ agoMs: 2_000, count: 8, found: 'collector:4318 answered 503', advice: 'The server is overloaded.' }],
  });

  it('has the same figures and sentences', () => {
    const text = textOf(reportOf(busy));
    expect(text).toContain('shop\npid 7 · Node v24.0.0 · up 60 min · event loop 25 % busy · heap 40 MiB of 4.0 GiB');
    expect(text).toContain('traces  critical for 12 s\n');
    expect(text).toContain('Queue           ██████████████████░░ 90 % by items\n');
    expect(text).toContain('in per second   0          ▁▅█\n');
    expect(text).toContain('Since the start 1 000 in, 90 out, 10 lost\n');
    expect(text).toContain('  2.0 s ago, 8 times: collector:4318 answered 503\n    The server is overloaded.\n');
  });

  it('breaks its lines at spaces if there is a width, and paints only if it is told to', () => {
    const lines = textOf(reportOf(busy), { width: 50 }).split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(50);
    expect(textOf(reportOf(busy), { paint: (style, text) => `<${style}>${text}` })).toContain('<yellow>critical');
  });

  it('says so if there is no pipeline, or if the event loop is blocked', () => {
    expect(textOf(reportOf())).toContain('No pipeline is running.');
    const blocked = { ...reportOf(), mainThread: { figuresMs: 4_100, blockedMs: 3_200 } };
    expect(plain(blockedText(blocked) ?? '')).toBe(
      'Event loop blocked for 3.2 s: the main thread does not answer. The figures are from 4.1 s ago.',
    );
    expect(textOf(blocked)).toContain('Event loop blocked for 3.2 s');
    expect(blockedText({ ...reportOf(), mainThread: { figuresMs: undefined, blockedMs: 600 } })).toContain(
      'There are no figures yet.',
    );
    expect(blockedText(reportOf())).toBeUndefined();
  });
});
