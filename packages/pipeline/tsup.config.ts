import { defineConfig } from 'tsup';
import base from '../../tsup.config.base.ts';

export default defineConfig({
  ...base,
  entry: {
    index: 'src/index.ts',
    'scope.node': 'src/scope/scope.node.ts',
    'scope.default': 'src/scope/scope.default.ts',
  },
  // The runtime or bundler of the user chooses one of these: see "imports" in package.json.
  external: ['#scope', /^node:/],
});
