import dns, { type LookupAddress, type LookupAllOptions } from 'node:dns';
import os from 'node:os';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type NamePlatform, Names } from '../../src/transport/name-lookup.node.ts';
import type { NameServersAnswer } from '../../src/transport/name-servers.node.ts';

const OLD: LookupAddress[] = [{ address: '192.0.2.1', family: 4 }];
const NEW: LookupAddress[] = [
  { address: '2001:db8::2', family: 6 },
  { address: '192.0.2.2', family: 4 },
];
const PROMPT: NameServersAnswer = { kind: 'prompt' };
const SILENT: NameServersAnswer = { kind: 'silent' };
const notFound = () => Object.assign(new Error('getaddrinfo ENOTFOUND collector.test'), { code: 'ENOTFOUND' });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  diag.disable();
});

/** Names whose platform answers as scripted, question by question; the last answer is repeated for ever. */
function namesWith(script: {
  readonly servers?: readonly (NameServersAnswer | Promise<NameServersAnswer>)[];
  readonly platform?: readonly (readonly LookupAddress[] | Error | Promise<readonly LookupAddress[]>)[];
  readonly known?: boolean;
}) {
  const { servers = [PROMPT], platform = [OLD], known = false } = script;
  const asked = {
    servers: 0,
    families: [] as (readonly number[])[],
    platform: [] as LookupAllOptions[],
    signals: [] as AbortSignal[],
  };
  const next = <T>(answers: readonly T[], index: number): T => answers[Math.min(index, answers.length - 1)]!;
  const subject: NamePlatform = {
    async lookup(_, options) {
      const answer = next(platform, asked.platform.push(options) - 1);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    isKnownLocally: () => known,
    async askNameServers(_, families, signal) {
      asked.families.push(families);
      asked.signals.push(signal);
      return next(servers, asked.servers++);
    },
  };
  return { names: new Names(subject), asked };
}

function lookup(names: Names, options: object = { all: true }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    names.use('collector.test').lookup('collector.test', options, (error, address, family) => {
      if (error !== null) reject(error);
      else resolve(family === undefined ? address : [address, family]);
    });
  });
}

const never = <T>() => new Promise<T>(() => {});

describe('the look-up of a name', () => {
  it("returns the platform's answer, all of it or the first address, and passes options on", async () => {
    const { names, asked } = namesWith({ platform: [NEW] });
    expect(await lookup(names, { all: true, family: 0, hints: 32 })).toEqual(NEW);
    expect(await lookup(names, { family: 6, verbatim: false })).toEqual(['2001:db8::2', 6]);
    expect(asked.platform).toEqual([
      { all: true, family: 0, hints: 32 },
      { all: true, family: 6, verbatim: false },
    ]);
  });

  it('is shared by all connections that wait for it, and repeated for the next one', async () => {
    const { names, asked } = namesWith({ platform: [OLD, NEW] });
    expect(await Promise.all([lookup(names), lookup(names), lookup(names)])).toEqual([OLD, OLD, OLD]);
    expect(asked.platform).toHaveLength(1);
    expect(await lookup(names)).toEqual(NEW);
  });

  it('does not use the platform, whose threads would hang, while no name server answers', async () => {
    const { names, asked } = namesWith({ servers: [SILENT, SILENT, PROMPT] });
    for (let count = 0; count < 2; count += 1) {
      await expect(lookup(names)).rejects.toMatchObject({
        code: 'EAI_AGAIN',
        message: 'no name server answers for collector.test',
      });
    }
    expect(asked.platform).toEqual([]);
    expect(await lookup(names)).toEqual(OLD);
  });

  it('uses only the platform if no name server is needed', async () => {
    const { names, asked } = namesWith({ known: true });
    expect(await lookup(names)).toEqual(OLD);
    expect(asked.servers).toBe(0);
  });

  it('uses the addresses of a later name server if the platform would wait for the first one', async () => {
    const { names, asked } = namesWith({
      servers: [
        { kind: 'late', addresses: NEW },
        { kind: 'late', addresses: [] },
      ],
    });
    expect(await lookup(names)).toEqual(NEW);
    expect(asked.platform).toEqual([]);
    await expect(lookup(namesWith({ servers: [{ kind: 'late', addresses: [] }] }).names)).rejects.toMatchObject({
      code: 'ENOTFOUND',
    });
  });

  it.each([
    ['both families', {}, [4, 6]],
    ['the requested family', { family: 6 }, [6]],
    ['both families, in the requested order', { order: 'ipv6first' }, [6, 4]],
    ['the families that this machine has, if requested by a hint', { hints: dns.ADDRCONFIG }, [4]],
  ])('asks name servers for addresses of %s', async (_, options, families) => {
    vi.spyOn(os, 'networkInterfaces').mockReturnValue({
      lo: [{ internal: true, family: 'IPv6', address: '::1' }],
      eth0: [{ internal: false, family: 'IPv4', address: '192.0.2.9' }],
    } as never);
    const { names, asked } = namesWith({});
    await lookup(names, options);
    expect(asked.families).toEqual([families]);
  });

  it("fails with the platform's error if there never was an answer", async () => {
    const { names } = namesWith({ platform: [notFound()] });
    await expect(lookup(names)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('the last good answer of a name', () => {
  it('is used immediately if a new look-up fails, and no longer than that', async () => {
    const { names } = namesWith({ platform: [OLD, notFound(), NEW] });
    await lookup(names);
    expect(await lookup(names)).toEqual(OLD);
    expect(await lookup(names)).toEqual(NEW);
  });

  it('is used after a second if a new look-up hangs, and there is no other look-up until that one ends', async () => {
    let arrive: (addresses: readonly LookupAddress[]) => void = () => {};
    const hanging = new Promise<readonly LookupAddress[]>((resolve) => (arrive = resolve));
    const { names, asked } = namesWith({ platform: [OLD, hanging, NEW] });
    await lookup(names);

    const waiting = lookup(names);
    await vi.advanceTimersByTimeAsync(999);
    const settled = vi.fn<() => void>();
    void waiting.then(settled);
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toEqual(OLD);

    // It has already hung for a second, so nobody waits for it again.
    const second = lookup(names);
    await vi.advanceTimersByTimeAsync(1);
    expect(await second).toEqual(OLD);
    expect(asked.platform).toHaveLength(2);

    arrive(NEW);
    await vi.advanceTimersByTimeAsync(0);
    expect(names.use('collector.test').lastAddresses).toEqual(NEW);
    expect(await lookup(names)).toEqual(NEW);
    expect(asked.platform).toHaveLength(3);
  });

  it('causes one warning until there is a new one', async () => {
    const warn = vi.fn<(message: string) => void>();
    diag.setLogger(
      { error() {}, warn, info() {}, debug() {}, verbose() {} },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const { names } = namesWith({ servers: [PROMPT, SILENT, SILENT, PROMPT, SILENT] });
    for (let count = 0; count < 3; count += 1) await lookup(names);
    const said = [
      'OTLP transport: looking up collector.test failed or takes too long, so its last addresses are used (192.0.2.1)',
    ];
    expect(warn.mock.calls).toEqual([said]);
    await lookup(names);
    await lookup(names);
    expect(warn.mock.calls).toEqual([said, said]);
  });
});

describe('the use of a name', () => {
  it('cancels the question when its last user has ended', async () => {
    const { names, asked } = namesWith({ servers: [never()] });
    const [first, second] = [names.use('collector.test'), names.use('collector.test')];
    first.lookup('collector.test', { all: true }, () => {});
    first.end();
    first.end();
    expect(asked.signals.map(({ aborted }) => aborted)).toEqual([false]);
    second.end();
    expect(asked.signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('a look-up of a name', () => {
  it.each([
    ['IPv4', [4]],
    ['IPv6', [6]],
  ])('may request a family as text, as Node allows: %s', async (family, families) => {
    const { names, asked } = namesWith({});
    await lookup(names, { family });
    expect(asked.families).toEqual([families]);
  });

  it.each([
    ['that no name server knows', { kind: 'late', addresses: [] }, 'collector.test has no address'],
    ['while no name server answers', SILENT, 'no name server answers for collector.test'],
  ] as const)('%s fails with a message that names it', async (_, answer, message) => {
    await expect(lookup(namesWith({ servers: [answer] }).names)).rejects.toMatchObject({
      message,
      hostname: 'collector.test',
      syscall: 'getaddrinfo',
    });
  });
});
