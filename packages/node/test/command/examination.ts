import { expect } from 'vitest';
import { run, SECRET } from './run.ts';

export type Variables = Readonly<Record<string, string>>;

export interface Found {
  readonly kinds: string[];
  /** The finding and the advice about spans. */
  readonly words: string;
  /** What spans went through. */
  readonly proxy: { readonly host: string; readonly from: string } | undefined;
  readonly code: number;
}

/** Runs the doctor with a secret in every request, and with a time-out that no test reaches unintentionally. */
export async function doctor(env: Variables, args: readonly string[] = ['--timeout', '5000']): Promise<Found> {
  const ran = await run(['doctor', '--json', ...args], {
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET}`,
    ...env,
  });
  expect(ran.out + ran.err).not.toContain(SECRET);
  const { signals } = JSON.parse(ran.out) as {
    signals: { diagnosis?: { kind: string; found: string; advice?: string }; proxy?: Found['proxy'] }[];
  };
  return {
    kinds: signals.map(({ diagnosis }) => diagnosis?.kind ?? 'nothing'),
    words: [signals[0]?.diagnosis?.found, signals[0]?.diagnosis?.advice].join(' '),
    proxy: signals[0]?.proxy,
    code: ran.code,
  };
}

export const endpoint = (port: number, scheme = 'http', rest = ''): Variables => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: `${scheme}://localhost:${port}${rest}`,
});

export async function expectEach(env: Variables, kind: string, words: RegExp, args?: readonly string[]): Promise<void> {
  const found = await doctor(env, args);
  expect(found).toMatchObject({ kinds: [kind, kind, kind], code: kind === 'accepted' ? 0 : 1 });
  expect(found.words).toMatch(words);
}
