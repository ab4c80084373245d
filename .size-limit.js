/**
 * How much code a page loads with a processor and an exporter: `npm run size`. OpenTelemetry's API is not counted, because
 * every instrumented page has it anyway.
 */

/** Code that is imported when an option asks for it (JSON, self-metrics) is a file of its own with most bundlers. */
const lateCode = {
  name: 'late-code',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^/ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)),
};

const forPage = (esbuild) => ({
  ...esbuild,
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  // The paths of the repository's tsconfig would lead to the sources.
  tsconfigRaw: {},
  logLevel: 'error',
});

const page = {
  ignore: ['@opentelemetry/api'],
  modifyEsbuildConfig: (esbuild) => ({ ...forPage(esbuild), plugins: [lateCode] }),
};
const oneFile = { ...page, modifyEsbuildConfig: forPage };

/** One row for the size, one for the size on the wire. */
const rows = (name, entry, bundling, [limit, gzipLimit] = []) => [
  { name, path: `test/page-sizes/${entry}.mjs`, ...bundling, brotli: false, ...(limit && { limit }) },
  {
    name: `${name}, gzip`,
    path: `test/page-sizes/${entry}.mjs`,
    ...bundling,
    gzip: true,
    ...(gzipLimit && { limit: gzipLimit }),
  },
];

export default [
  ...rows('traces', 'traces', page, ['185 kB', '62 kB']),
  ...rows('logs', 'logs', page, ['187 kB', '63 kB']),
  ...rows('traces and logs', 'traces-and-logs', page, ['193 kB', '65 kB']),
  ...rows('traces in one file, late code included', 'traces', oneFile, ['213 kB', '72 kB']),
  ...rows('the controller alone', 'controller', page, ['72 kB', '23 kB']),
  ...rows('traces with OpenTelemetry', 'opentelemetry-traces', page),
];
