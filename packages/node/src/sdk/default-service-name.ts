import { basename } from 'node:path';

/**
 * What a service is called where nobody says it: by the name of the executable, `unknown_service:node`. The SDKs take
 * `process.argv0` for that, which is a path where the process was started by one, and so another name on another machine.
 * https://github.com/open-telemetry/semantic-conventions/blob/03e4c32b30f0cfd6c92c6854c50cdbb9172d77aa/docs/registry/attributes/service.md#service-name
 */
export function defaultServiceName(executable: string = process.execPath): string {
  return `unknown_service:${basename(executable)}`;
}
