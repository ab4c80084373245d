import type { Application } from '../sdk/application.ts';
import { isAtLeast, numbersOf } from '../sdk/installed-module.ts';
import { findPart, loadPart, type OptionalPart, reasonOf } from '../sdk/optional-part.ts';
import type { SdkLine } from '../sdk/sdk-line.ts';
import { type FilePlan, planOf } from './file-plan.ts';

const NAME = '@opentelemetry/configuration';
const CONFIGURATION: OptionalPart = {
  name: NAME,
  install: { '2.x': `${NAME}@^0.223.0`, '3.x': `${NAME}@^0.301.0` },
};

/** The part of the package that is used. It reads YAML, puts variables in, and checks the result against the schema. */
interface ConfigurationModule {
  /** Line 3.x. */
  readonly parseConfigFile?: (file: string) => unknown;
  /** Line 2.x. The factory reads `OTEL_CONFIG_FILE` itself. */
  readonly createConfigFactory?: () => { getConfigModel(): unknown };
}

/**
 * Reads the file of `OTEL_CONFIG_FILE`.
 * @param fail receives a message if the file cannot be used
 * @returns `undefined` then, and if there is no file
 */
export function readConfigFile(
  file: string | undefined,
  application: Application,
  line: SdkLine,
  fail: (message: string) => void,
): FilePlan | undefined {
  if (file === undefined) return undefined;
  try {
    checkVersion(application, line);
    const { parseConfigFile, createConfigFactory } = loadPart(CONFIGURATION, application, line) as ConfigurationModule;
    const model = parseConfigFile === undefined ? createConfigFactory?.().getConfigModel() : parseConfigFile(file);
    // A plan of nothing would turn all signals off without a line.
    if (typeof model !== 'object' || model === null || Array.isArray(model))
      throw new Error(`${NAME} did not return a configuration`);
    return planOf(file, model);
  } catch (error) {
    // The package names one problem a line.
    const reason = reasonOf(error).replaceAll(/\s*\n\s*/g, ' ');
    fail(`OTEL_CONFIG_FILE=${JSON.stringify(file)} is not used, and the other variables apply: ${reason}`);
    return undefined;
  }
}

/**
 * Older versions of the package have other functions, or read another schema.
 * @throws Error that names the version and the command
 */
function checkVersion(application: Application, line: SdkLine): void {
  const version = findPart(CONFIGURATION, application)?.version;
  // A module that was passed to a start has no version.
  if (version === undefined || Number.isNaN(numbersOf(version)[0])) return;
  const install = CONFIGURATION.install[line];
  if (!isAtLeast(version, install.slice(install.lastIndexOf('^') + 1)))
    throw new Error(`${NAME} ${version} is too old. To install a newer one: npm install ${install}`);
}
