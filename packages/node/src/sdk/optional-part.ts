import type { Application } from './application.ts';
import type { InstalledModule } from './installed-module.ts';
import { AUTO_INSTRUMENTATIONS } from './instrumentations.ts';
import type { SdkLine } from './sdk-line.ts';

/** A package of OpenTelemetry that an application installs only if a setting names it. */
export interface OptionalPart {
  readonly name: string;
  /** For `npm install`. A package without a version of its own for a line has the same for both. */
  readonly install: Readonly<Record<SdkLine, string>>;
}

/** Packages that bring parts along. A strict package manager does not let the application see those. */
const BRINGERS = ['@opentelemetry/sdk-node', '@opentelemetry/auto-configuration-propagators', AUTO_INSTRUMENTATIONS];

/** The newest major version that fits a line, if the package has one for each line. */
export function partOfLines(name: string): OptionalPart {
  return { name, install: { '2.x': `${name}@^2.0.0`, '3.x': `${name}@^3.0.0` } };
}

export function partOfBothLines(name: string): OptionalPart {
  return { name, install: { '2.x': name, '3.x': name } };
}

/** Looks a part up in the application, then in OpenTelemetry's own registrations that it has installed. Runs nothing. */
export function findPart({ name }: OptionalPart, application: Application): InstalledModule | undefined {
  const own = application.find(name);
  if (own !== undefined) return own;
  for (const bringer of BRINGERS) {
    const found = application.find(bringer);
    // auto-instrumentations-node brings sdk-node, which brings propagators.
    const brought = found?.sibling(name) ?? found?.sibling('@opentelemetry/sdk-node')?.sibling(name);
    if (brought !== undefined) return brought;
  }
  return undefined;
}

/** @throws Error that names the package and the command, or what the code of the package throws */
export function loadPart(part: OptionalPart, application: Application, line: SdkLine): unknown {
  const found = findPart(part, application);
  if (found === undefined)
    throw new Error(`${part.name} is not installed. To install it: npm install ${part.install[line]}`);
  return found.load();
}

/** What went wrong, without the name of an error's class: it stands within a line. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
