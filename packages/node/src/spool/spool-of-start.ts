import { resolve } from 'node:path';
import type { SpoolSettings, Warn } from '@spillway/config';
import type { RequestSpool } from '@spillway/pipeline';
import type { Spool } from '@spillway/spool';
import type { Application } from '../sdk/application.ts';
import type { InstalledModule } from '../sdk/installed-module.ts';
import { serviceNameOf } from '../sdk/resource.ts';
import type { Settings } from '../sdk/settings.ts';

const OURS = '@spillway/node';
export const SPOOL_PACKAGE = '@spillway/spool';

/** The one spool of a start, which all signals share. */
export interface StartedSpool {
  readonly spool: RequestSpool;
  /** `undefined` for a spool of the application, which may be anywhere. */
  readonly directory: string | undefined;
}

/** The part of `@spillway/spool` that is needed. */
interface SpoolModule {
  readonly Spool: typeof Spool;
}

/**
 * The application's own spool, or the one that variables ask for. Its code is loaded only then.
 * @param given `false` for none, whatever the variables say
 * @param warn is called if there will be no spool although one is wanted
 */
export function spoolOf(
  given: RequestSpool | false | undefined,
  settings: Pick<Settings, 'spool' | 'serviceName' | 'resourceAttributes'>,
  application: Application,
  warn: Warn,
): StartedSpool | undefined {
  if (given === false) return undefined;
  if (given !== undefined) return { spool: given, directory: undefined };
  const { spool: wanted } = settings;
  if (wanted === undefined) return undefined;
  try {
    const spool = loaded(wanted, serviceNameOf(settings), application);
    return { spool, directory: resolve(wanted.directory) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(`there is no spool in ${wanted.directory}, and items are kept in memory only: ${why}`);
    return undefined;
  }
}

/** @throws Error that says what to do if the package is missing; what its code throws */
function loaded(options: SpoolSettings, service: string, application: Application): RequestSpool {
  const installed = installedSpool(application);
  if (installed === undefined) {
    throw new Error(
      `${SPOOL_PACKAGE} cannot be found from ${application.path}. To install it: npm install ${SPOOL_PACKAGE}. In a bundle, pass it to start({ spool })`,
    );
  }
  const { Spool: SpoolClass } = installed.load() as SpoolModule;
  return new SpoolClass({ ...options, service });
}

/** Our own dependency first, because a package manager may hide it from the application. */
function installedSpool(application: Application): InstalledModule | undefined {
  return application.find(OURS)?.sibling(SPOOL_PACKAGE) ?? application.find(SPOOL_PACKAGE);
}
