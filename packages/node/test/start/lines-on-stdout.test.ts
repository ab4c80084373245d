import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { useStartedPrograms } from './started-program.ts';

const ENV = { OTEL_TRACES_EXPORTER: 'otlp/stdout', OTEL_LOGS_EXPORTER: 'otlp/stdout', OTEL_SERVICE_NAME: 'shop' };

interface Lines {
  readonly spans: readonly string[];
  readonly records: readonly string[];
  /** Lines that are not OTLP. */
  readonly others: readonly string[];
}

interface Request {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly { name: string }[] }[];
  }[];
  readonly resourceLogs?: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly { body: { stringValue: string } }[] }[];
  }[];
}

function read(stdout: string): Lines {
  const lines = stdout.split('\n').filter((line) => line !== '');
  const requests = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Request);
  return {
    spans: requests.flatMap(({ resourceSpans = [] }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name))),
    ),
    records: requests.flatMap(({ resourceLogs = [] }) =>
      resourceLogs.flatMap(({ scopeLogs }) =>
        scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body.stringValue)),
      ),
    ),
    others: lines.filter((line) => !line.startsWith('{')),
  };
}

const programs = useStartedPrograms();

const START = 'start({ application, instrumentations: [] });';
const EMIT = `
  const tracer = trace.getTracer('shop');
  const emit = (from, to) => {
    for (let index = from; index < to; index += 1) {
      tracer.startSpan('span ' + index).end();
      logs.getLogger('shop').emit({ body: 'record ' + index });
    }
  };
`;
const names = (what: string, count: number) => Array.from({ length: count }, (_, index) => `${what} ${index}`);

describe('the exporter otlp/stdout', () => {
  it('writes every span and log record as lines of OTLP/JSON, beside those of the application', async () => {
    const { code, stdout } = await programs.run(`${START} ${EMIT} console.log('hello'); emit(0, 1_000);`, ENV);
    const { spans, records, others } = read(stdout);
    expect(code).toBe(0);
    expect(spans).toEqual(names('span', 1_000));
    expect(records).toEqual(names('record', 1_000));
    expect(others).toEqual(['hello']);
    expect(stdout).toContain('{"key":"service.name","value":{"stringValue":"shop"}}');
  });

  it('writes what is left at process.exit()', async () => {
    const program = `${START} ${EMIT} emit(0, 3_000); setImmediate(() => { emit(3_000, 5_000); process.exit(3); });`;
    const { code, stdout } = await programs.run(program, ENV);
    const { spans, records } = read(stdout);
    expect(code).toBe(3);
    expect(new Set(spans).size).toBe(5_000);
    expect(new Set(records).size).toBe(5_000);
  });

  // As it is installed, because a bundle has no file of its own for the code that writes JSON.
  it.each(['module', 'commonjs'])(
    'writes all of it even if the process exits in the turn in which it starts (%s)',
    (type) => {
      const imports =
        type === 'module'
          ? "import { start } from '@spillway/node'; import { logs, trace } from '@opentelemetry/api';"
          : "const { start } = require('@spillway/node'); const { logs, trace } = require('@opentelemetry/api');";
      const program = `${imports} start({ application: process.cwd() + '/', instrumentations: [] }); ${EMIT} emit(0, 3_000); process.exit(0);`;
      const stdout = execFileSync(process.execPath, [`--input-type=${type}`, '--eval', program], {
        cwd: fileURLToPath(new URL('../../../../test/', import.meta.url)),
        env: { PATH: process.env['PATH'] ?? '', ...ENV },
        encoding: 'utf8',
        maxBuffer: Infinity,
      });
      const { spans, records } = read(stdout);
      expect(spans).toEqual(names('span', 3_000));
      expect(records).toEqual(names('record', 3_000));
    },
  );

  it('loses nothing to a reader that is slow, and does not hold up the application meanwhile', async () => {
    const count = 20_000;
    // More than a pipe holds. The longest turn of the event loop shows whether a write has blocked.
    const program = `${START} ${EMIT}
      let longest = 0, last = performance.now(), made = 0;
      const timer = setInterval(() => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        if (made < ${count}) emit(made, (made += 1_000));
        else if (now > 2_000) {
          clearInterval(timer);
          process.stderr.write('longest ' + longest + '\\n');
        }
      }, 20);`;
    const child = spawn(process.execPath, [programs.file(program)], {
      env: { PATH: process.env['PATH'] ?? '', ...ENV },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // The pipe is not read before all was made, and some time has passed.
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (line: string) => (said += line));
    while (!said.includes('longest')) await once(child.stderr, 'data');
    const { spans, records } = read(await text(child.stdout));
    expect(Number(/longest ([\d.]+)/.exec(said)?.[1])).toBeLessThan(1_000);
    expect(new Set(spans)).toEqual(new Set(names('span', count)));
    expect(new Set(records)).toEqual(new Set(names('record', count)));
  });
});
