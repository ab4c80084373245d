import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { shippingProgram } from './packages/node/bundle-shipping-program.ts';
import { zpagesServer } from './packages/zpages/bundle-programs.ts';

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  define: { ...shippingProgram(), ...zpagesServer(), TRANSCODER_FILE: '"../json/transcoder.ts"' },
  resolve: {
    // Tests see the sources, so that an edit needs no build. What is packed is tested by test/compat.
    alias: [
      { find: /^@spillway\/([a-z-]+)$/, replacement: fileOf('./packages/$1/src/index.ts') },
      {
        find: /^@spillway\/(backpressure|logs|otlp|pipeline|zpages)\/([a-z]+)$/,
        replacement: fileOf('./packages/$1/src/$2/index.ts'),
      },
      { find: '#platform', replacement: fileOf('./packages/otlp/src/platform/platform.node.ts') },
      { find: '#optional', replacement: fileOf('./packages/pipeline/src/optional/optional.default.ts') },
      { find: '#scope', replacement: fileOf('./packages/pipeline/src/scope/scope.node.ts') },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'bench/test/**/*.test.ts'],
    // These have runs of their own (CONTRIBUTING.md): they need a registry or the OpenTelemetry Collector, or take minutes.
    exclude: [
      ...configDefaults.exclude,
      'packages/node/test/{process-end,start}/**',
      'test/compat/**',
      'test/faults/**',
      'test/otelcol/**',
      'test/reliability/**',
      'test/statistics/**',
      'test/web/**',
      'test/zpages/**',
    ],
    // The packages take the functions for time when they are loaded; tests fake the globals later.
    setupFiles: [fileOf('./test/follow-faked-timers.ts')],
    testTimeout: 60_000,
    // A new script in package.json needs no test of `npm run check`.
    forceRerunTriggers: ['**/vitest.config.*'],
    // Three on two cores, where one would do by default, because many tests wait for processes and time-outs.
    maxWorkers: Math.max(availableParallelism(), 3),
    coverage: { provider: 'v8', include: ['packages/*/src/**'], reporter: ['text', 'json-summary'] },
  },
});
