import { defineConfig } from 'tsup';
import base from '../../tsup.config.base.ts';

export default defineConfig({
  ...base,
  entry: {
    index: 'src/index.ts',
    encoding: 'src/encoding/index.ts',
    transport: 'src/transport/index.ts',
    parts: 'src/parts/index.ts',
    diagnosis: 'src/diagnosis/index.ts',
    'platform.node': 'src/platform/platform.node.ts',
    'platform.default': 'src/platform/platform.default.ts',
    // Loaded by its path: see src/json/load-now.node.ts.
    transcoder: 'src/json/transcoder.ts',
  },
  // The runtime or bundler of the user chooses one of these: see "imports" in package.json.
  external: ['#platform', /^node:/],
  splitting: true,
  define: { TRANSCODER_FILE: '"./transcoder.cjs"' },
  esbuildOptions(esbuild, context) {
    base.esbuildOptions?.(esbuild, context);
    if (context.format === 'cjs') esbuild.define = { ...esbuild.define, 'import.meta.url': '__filename' };
  },
});
