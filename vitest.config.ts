import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const sourceOf = (name: string) => fileURLToPath(new URL(`./packages/${name}/src/index.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests see the sources, so that an edit needs no build. What is packed is tested by test/compat.
    alias: [
      ...['backpressure', 'config', 'logs', 'node', 'otlp', 'sampling', 'trace'].map((name) => ({
        find: `@spillway/${name}`,
        replacement: sourceOf(name),
      })),
      {
        find: '#platform',
        replacement: fileURLToPath(new URL('./packages/otlp/src/platform/platform.node.ts', import.meta.url)),
      },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'bench/test/**/*.test.ts'],
    // These have runs of their own (CONTRIBUTING.md): they need a registry or the OpenTelemetry Collector, or take minutes.
    exclude: [
      ...configDefaults.exclude,
      'examples/zero-code-express/**',
      'packages/node/test/process-end/**',
      'test/compat/**',
      'test/otelcol/**',
      'test/reliability/**',
      'test/statistics/**',
    ],
    // The packages take the functions for time when they are loaded; tests fake the globals later.
    setupFiles: [fileURLToPath(new URL('./test/follow-faked-timers.ts', import.meta.url))],
    testTimeout: 20_000,
    // A new script in package.json needs no test of `npm run check`.
    forceRerunTriggers: ['**/vitest.config.*'],
    // Three on two cores, where one would do by default, because many tests wait for processes and time-outs.
    maxWorkers: Math.max(availableParallelism(), 3),
    coverage: { provider: 'v8', include: ['packages/*/src/**'], reporter: ['text', 'json-summary'] },
  },
});
