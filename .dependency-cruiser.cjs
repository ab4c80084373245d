// The one-way imports of docs/architecture.md, checked on what each import resolves to. The lint rules in .oxlintrc.json
// say the same of what is written, and say it in the editor; only this check sees `../../otlp/src/index.ts`.
//
// Run it after the build, and keep `dist` in the graph: an import of a workspace package resolves to its `dist`, and an
// edge to something excluded or absent matches no rule, so that everything would pass in silence.

/** What each package may import of ours. A package that is not listed fails, so that a new one gets its row. */
const MAY_IMPORT = {
  backpressure: [],
  sampling: [],
  config: [],
  // Only the import on first use, in transport/grpc-transport.node.ts.
  otlp: ['backpressure', 'config', 'otlp-grpc'],
  'otlp-grpc': ['backpressure', 'config', 'otlp'],
  pipeline: ['backpressure', 'sampling', 'config', 'otlp'],
  trace: ['backpressure', 'sampling', 'config', 'otlp', 'pipeline'],
  logs: ['backpressure', 'sampling', 'config', 'otlp', 'pipeline'],
  metrics: ['backpressure', 'config', 'otlp', 'pipeline'],
  spool: ['backpressure', 'config', 'otlp', 'pipeline'],
  zpages: ['backpressure', 'otlp', 'pipeline'],
  web: ['backpressure', 'config', 'otlp', 'pipeline', 'trace', 'logs'],
  pino: ['backpressure', 'config', 'otlp', 'pipeline', 'logs', 'spool'],
  winston: ['backpressure', 'config', 'otlp', 'pipeline', 'logs', 'spool'],
  node: ['backpressure', 'sampling', 'config', 'otlp', 'pipeline', 'trace', 'logs', 'metrics', 'spool', 'zpages'],
};

/** Packages that import nothing at all but their own files. */
const WITHOUT_DEPENDENCIES = ['backpressure', 'config', 'sampling'];

/** Files that may import Node's modules: those that a condition selects for Node, and the packages made for it. */
const FOR_NODE = String.raw`\.node\.ts$|/(node|otlp-grpc|pino|spool|winston|zpages)/`;

const anyOf = (names) => `(${names.join('|')})`;

const oneWay = Object.entries(MAY_IMPORT).map(([name, allowed]) => ({
  name: `one-way-${name}`,
  comment: `${name} may import ${allowed.join(', ') || 'no other package of ours'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: {
    path: '^(packages|examples|bench|test|scripts)/',
    pathNot: `^packages/${anyOf([name, ...allowed])}/(src|dist)/`,
  },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...oneWay,
    {
      name: 'sources-of-another-package',
      comment:
        'Only the program that is bundled from sources may import them; everything else imports what a package exports',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: '^packages/node/src/process-end/shipping-program/' },
      to: { path: '^packages/[^/]+/src/', pathNot: '^packages/$1/src/' },
    },
    {
      name: 'package-without-a-row',
      comment: 'Say in MAY_IMPORT what this package may import',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/${anyOf(Object.keys(MAY_IMPORT))}/` },
      to: {},
    },
    {
      name: 'no-dependencies',
      comment: 'This package depends on nothing, except for Node itself where the rule below allows that',
      severity: 'error',
      from: { path: `^packages/(${WITHOUT_DEPENDENCIES.join('|')})/src/` },
      to: { pathNot: '^packages/$1/src/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'only-the-api-of-opentelemetry',
      comment: 'Both SDK lines are read by structural types',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: '@opentelemetry/', pathNot: '@opentelemetry/api(/|$)' },
    },
    {
      name: 'node-modules-of-node',
      comment: 'Only *.node.ts and node/, which a condition selects for Node, may import them',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: FOR_NODE },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'node-modules-on-first-use',
      comment: 'An exporter loads them when it needs them: see packages/otlp/src/platform/node-modules.node.ts',
      severity: 'error',
      from: { path: '^packages/otlp/src/' },
      to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'unresolvable',
      comment: 'No rule above can judge an import that leads nowhere',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'circular',
      comment: 'Two modules that import each other are one module',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types count too: they end up in the published declarations.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
