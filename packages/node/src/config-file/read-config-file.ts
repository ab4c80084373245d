import type { Application } from '../sdk/application.ts';
import { loadPart, type OptionalPart, reasonOf } from '../sdk/optional-part.ts';
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
    const { parseConfigFile, createConfigFactory } = loadPart(CONFIGURATION, application, line) as ConfigurationModule;
    const model = parseConfigFile === undefined ? createConfigFactory?.().getConfigModel() : parseConfigFile(file);
    return planOf(file, model);
  } catch (error) {
    // The package names one problem a line.
    const reason = reasonOf(error).replaceAll(/\s*\n\s*/g, ' ');
    fail(`OTEL_CONFIG_FILE=${JSON.stringify(file)} is not used, and the other variables apply: ${reason}`);
    return undefined;
  }
}
