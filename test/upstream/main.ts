// `npm run test:upstream`: runs OpenTelemetry's own tests on our replacements. See the README in this folder.
import { installedTools, TAG, upstreamCheckout } from './checkout.ts';
import { type Documented, documentedDifferences } from './documented.ts';
import { type Measurement, measure } from './measurement.ts';
import { LINES, SUITES } from './suites.ts';

const checkout = await upstreamCheckout(process.env['UPSTREAM']);
const tools = await installedTools();
const documented = documentedDifferences();
console.log(`Tests of ${TAG}`);

for (const suite of SUITES) {
  for (const line of LINES) {
    const measurement = await measure(suite, line, checkout, tools);
    const { tests, differing, remarks } = measurement;
    console.log(
      `${suite.name}, SDK ${line.name}: ${tests - differing.size} of ${tests}${remarks === '' ? '' : `; ${remarks}`}`,
    );
    for (const problem of compared(documented.get(suite.name), measurement)) {
      console.log(`  NOT AS DOCUMENTED: ${problem}`);
      process.exitCode = 1;
    }
  }
}
if (process.exitCode === undefined) console.log('docs/differences.md lists exactly the tests that differ.');

/** The errors and omissions of docs/differences.md. */
function compared(said: Documented | undefined, { tests, differing }: Measurement): string[] {
  if (said === undefined)
    return [
      `the suite is not listed; these of its tests differ: ${[...differing].map(([title, reason]) => `${title} (${reason})`).join(', ')}`,
    ];
  const counts =
    said.tests === tests && said.passing === tests - differing.size
      ? []
      : [`the heading says ${said.passing} of ${said.tests}`];
  const unlisted = [...differing]
    .filter(([title]) => !said.differing.includes(title))
    .map(([title, reason]) => `"${title}" differs (${reason}) but is not listed`);
  const passing = said.differing
    .filter((title) => !differing.has(title))
    .map((title) => `"${title}" is listed but passes`);
  return [...counts, ...unlisted, ...passing];
}
