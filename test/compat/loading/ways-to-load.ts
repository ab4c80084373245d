import { isAtLeast } from '../../../packages/node/src/sdk/installed-module.ts';

/** The language and module format of an application, and how Node is told to load it. */
export interface WayToLoad {
  readonly application: string;
  /** The command line without the application's file. */
  readonly title: string;
  readonly folder: 'commonjs' | 'module';
  readonly app: string;
  /** The flag of our registration. */
  readonly flag: '--import' | '--require';
  /** The flag with which upstream is complete for this application. */
  readonly upstream: '--import' | '--require';
  readonly loader?: readonly string[];
  /** A program below `node_modules` that loads the application. Then the registration is in `NODE_OPTIONS`. */
  readonly command?: string;
  /** The oldest Node that loads the application at all. */
  readonly since?: string;
}

/** Since this version, Node strips types itself. */
const STRIPS_TYPES = '22.18.0';

const JAVASCRIPT_COMMONJS = {
  application: 'JavaScript, CommonJS',
  folder: 'commonjs',
  app: 'app.js',
  upstream: '--require',
} as const;
const JAVASCRIPT_MODULE = {
  application: 'JavaScript, ES module',
  folder: 'module',
  app: 'app.js',
  upstream: '--import',
} as const;
const NODE_COMMONJS = {
  application: 'TypeScript, CommonJS',
  folder: 'commonjs',
  app: 'required.ts',
  upstream: '--require',
  since: STRIPS_TYPES,
} as const;
const NODE_MODULE = {
  application: 'TypeScript, ES module',
  folder: 'module',
  app: 'app.ts',
  upstream: '--import',
  since: STRIPS_TYPES,
} as const;
const COMMONJS = {
  application: 'TypeScript, CommonJS',
  folder: 'commonjs',
  app: 'app.ts',
  upstream: '--require',
} as const;
const MODULE = { application: 'TypeScript, ES module', folder: 'module', app: 'app.ts', upstream: '--import' } as const;

const TSX = { command: 'tsx/dist/cli.mjs' } as const;
const TS_NODE = { command: 'ts-node/dist/bin.js' } as const;

const ways: readonly WayToLoad[] = [
  { ...JAVASCRIPT_COMMONJS, title: '`node --require`', flag: '--require' },
  { ...JAVASCRIPT_COMMONJS, title: '`node --import`', flag: '--import' },
  { ...JAVASCRIPT_MODULE, title: '`node --require`', flag: '--require' },
  { ...JAVASCRIPT_MODULE, title: '`node --import`', flag: '--import' },
  {
    ...JAVASCRIPT_MODULE,
    application: 'JavaScript, ES module that imports CommonJS',
    app: 'mixed.js',
    title: '`node --import`',
    flag: '--import',
    upstream: '--require',
  },
  { ...NODE_COMMONJS, title: '`node --require`', flag: '--require' },
  { ...NODE_COMMONJS, title: '`node --import`', flag: '--import' },
  { ...NODE_MODULE, title: '`node --require`', flag: '--require' },
  { ...NODE_MODULE, title: '`node --import`', flag: '--import' },
  {
    ...NODE_MODULE,
    application: 'TypeScript, ES module that imports CommonJS',
    app: 'mixed.ts',
    title: '`node --import`',
    flag: '--import',
    upstream: '--require',
  },
  { ...COMMONJS, title: '`node --require`, `--require tsx/cjs`', flag: '--require', loader: ['--require', 'tsx/cjs'] },
  { ...COMMONJS, title: '`node --import`, `--import tsx`', flag: '--import', loader: ['--import', 'tsx'] },
  { ...COMMONJS, title: '`tsx`, `--require` in `NODE_OPTIONS`', flag: '--require', ...TSX },
  { ...COMMONJS, title: '`tsx`, `--import` in `NODE_OPTIONS`', flag: '--import', ...TSX },
  { ...MODULE, title: '`node --import`, `--import tsx`', flag: '--import', loader: ['--import', 'tsx'] },
  { ...MODULE, title: '`tsx`, `--import` in `NODE_OPTIONS`', flag: '--import', ...TSX },
  {
    ...COMMONJS,
    title: '`node --require`, `--require @swc-node/register`',
    flag: '--require',
    loader: ['--require', '@swc-node/register'],
  },
  {
    ...COMMONJS,
    title: '`node --import`, `--import @swc-node/register/esm-register`',
    flag: '--import',
    loader: ['--import', '@swc-node/register/esm-register'],
    upstream: '--import',
  },
  {
    ...MODULE,
    title: '`node --import`, `--import @swc-node/register/esm-register`',
    flag: '--import',
    loader: ['--import', '@swc-node/register/esm-register'],
  },
  {
    ...COMMONJS,
    title: '`node --require`, `--require ts-node/register`',
    flag: '--require',
    loader: ['--require', 'ts-node/register'],
  },
  { ...COMMONJS, title: '`ts-node`, `--require` in `NODE_OPTIONS`', flag: '--require', ...TS_NODE },
  {
    ...MODULE,
    title: '`node --import`, `--loader ts-node/esm`',
    flag: '--import',
    loader: ['--loader', 'ts-node/esm'],
  },
];

/** The ways that a release of Node supports, with or without a registration. */
export function waysToLoad(nodeVersion: string): readonly WayToLoad[] {
  return ways.filter(({ since = '0.0.0' }) => isAtLeast(nodeVersion, since));
}
