import { defineConfig } from 'tsup';
import base from '../../tsup.config.base.ts';

export default defineConfig({
  ...base,
  entry: {
    index: 'src/index.ts',
    spool: 'src/spool/index.ts',
    serverless: 'src/serverless/index.ts',
    testing: 'src/testing/index.ts',
    'optional.default': 'src/optional/optional.default.ts',
    'optional.browser': 'src/optional/optional.browser.ts',
    'scope.node': 'src/scope/scope.node.ts',
    'scope.default': 'src/scope/scope.default.ts',
  },
  // The runtime or bundler of the user chooses one of these: see "imports" in package.json.
  external: ['#optional', '#scope', /^node:/],
  splitting: true,
});
