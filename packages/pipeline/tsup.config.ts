import { defineConfig } from 'tsup';
import base from '../../tsup.config.base.ts';

export default defineConfig({
  ...base,
  entry: {
    index: 'src/index.ts',
    'scope.node': 'src/scope/scope.node.ts',
    'scope.default': 'src/scope/scope.default.ts',
  },
  // Which one is loaded is decided where the package is used: see "imports" in package.json.
  external: ['#scope', /^node:/],
});
