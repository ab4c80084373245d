import type { ProcessorSignal as Signal } from '@spillway/config';
import { findApplication } from '../../sdk/application.ts';
import { findSdk, type FoundSdk, SDK_PACKAGES } from '../../sdk/sdk-line.ts';
import { partsOfSdk } from '../../sdk/sdk-parts.ts';

/** Whether an application in this folder would start its telemetry. */
export interface StartExamination {
  /** The folder whose packages were looked up. */
  readonly folder: string;
  readonly isOk: boolean;
  /** Sentences: what was found, or each problem and how to fix it. */
  readonly found: readonly string[];
}

/**
 * Looks up and loads the SDK as a start would. Only the working folder is searched, because the main file of this
 * process is not the application's.
 * @param wanted the signals that an application would export
 */
export function examineStart(isDisabled: boolean, wanted: readonly Signal[]): StartExamination {
  const folder = process.cwd();
  const search = findSdk(findApplication(SDK_PACKAGES, { mainFile: undefined, workingFolder: folder }));
  const problems = [
    ...(isDisabled ? ['OTEL_SDK_DISABLED is true'] : []),
    ...('problem' in search ? [search.problem] : [...missingOf(search.sdk, wanted), ...loadProblemOf(search.sdk)]),
  ];
  if (problems.length > 0 || 'problem' in search) return { folder, isOk: false, found: problems };
  return { folder, isOk: true, found: [textOf(search.sdk)] };
}

function missingOf({ missing }: FoundSdk, wanted: readonly Signal[]): readonly string[] {
  return wanted.flatMap((signal) => missing[signal] ?? []);
}

function loadProblemOf(sdk: FoundSdk): readonly string[] {
  try {
    partsOfSdk(sdk);
    for (const module of [sdk.api, sdk.traces, sdk.logs, sdk.logsApi]) module?.load();
    return [];
  } catch (error) {
    return [`OpenTelemetry ${sdk.line} could not be loaded: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function textOf({ line, api, traces, logs }: FoundSdk): string {
  const versions = [traces, logs, api]
    .filter((module) => module !== undefined)
    .map(({ name, version }) => `${name.replace('@opentelemetry/', '')} ${version}`);
  return `OpenTelemetry ${line} is installed (${versions.join(', ')})`;
}
