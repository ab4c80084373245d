// Part of `npm run release:version`: writes the new version where the code says it.
import { readFileSync, writeFileSync } from 'node:fs';

/** A test of each compares it with package.json. */
const FILES = ['packages/node/src/command/run-command.ts', 'packages/otlp/src/transport/request-headers.ts'];

const { version } = JSON.parse(readFileSync('packages/otlp/package.json', 'utf8')) as { readonly version: string };
for (const file of FILES) {
  const source = readFileSync(file, 'utf8');
  const raised = source.replace(/^const VERSION = '.*';$/m, `const VERSION = '${version}';`);
  if (!raised.includes(`const VERSION = '${version}';`)) throw new Error(`${file} says no version`);
  writeFileSync(file, raised);
}
