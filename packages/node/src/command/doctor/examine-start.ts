import type { Signal } from '@spillway/config';
import { findApplication } from '../../sdk/application.ts';
import { findSdk, SDK_PACKAGES } from '../../sdk/find-sdk.ts';
import { type FoundSdk, modulesOf } from '../../sdk/sdk-line.ts';
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
    for (const module of modulesOf(sdk)) module.load();
    for (const { globalApi } of Object.values(sdk.signals)) globalApi?.load();
    return [];
  } catch (error) {
    return [`OpenTelemetry ${sdk.line} could not be loaded: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function textOf(sdk: FoundSdk): string {
  const versions = modulesOf(sdk).map(({ name, version }) => `${name.replace('@opentelemetry/', '')} ${version}`);
  return `OpenTelemetry ${sdk.line} is installed (${versions.join(', ')})`;
}
