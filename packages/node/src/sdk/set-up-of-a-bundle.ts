import { SIGNALS } from '../signals/signals.ts';
import { API } from './sdk-line.ts';

/**
 * The code that an application in a bundle needs, on line 3.x. Where nothing can be looked up, a bundler has to see each
 * package.
 */
export function setUpOfABundle(): string {
  const packages = [
    API,
    '@opentelemetry/core',
    '@opentelemetry/resources',
    ...SIGNALS.map((signal) => signal.packages['3.x'][0]),
  ];
  return [
    ...packages.map((name) => `import * as ${nameOf(name)} from '${name}';`),
    `import { start } from '@spillway/node';`,
    `start({ sdk: { ${packages.map((name) => `'${name}': ${nameOf(name)}`).join(', ')} } });`,
    `// On OpenTelemetry JS 2.x, use '@opentelemetry/sdk-trace-base' in place of '@opentelemetry/sdk-trace', and add '@opentelemetry/api-logs'.`,
  ].join('\n');
}

/** `sdkTrace` for `@opentelemetry/sdk-trace`. */
function nameOf(name: string): string {
  return name.replace(/^.*\//, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
