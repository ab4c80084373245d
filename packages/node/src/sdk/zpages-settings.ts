import type { SdkEnvironment, Warn } from '@spillway/config';
import { checkZpagesOptions, type ZpagesOptions } from '@spillway/zpages/options';
import type { StartOptions } from './start-options.ts';

/**
 * Where the live page is served: from options, then variables. A variable that cannot be used is ignored, with a
 * warning.
 * @returns `undefined` if it is not served
 * @throws TypeError or RangeError that names option and value
 */
export function zpagesSettings(
  { zpages, serviceName }: Pick<StartOptions, 'zpages' | 'serviceName'>,
  sdk: SdkEnvironment,
  warn: Warn,
): ZpagesOptions | undefined {
  const port = zpages === false ? undefined : (zpages?.port ?? sdk.zpagesPort);
  if (zpages === false || (zpages === undefined && port === undefined)) return undefined;
  const token = zpages?.token ?? usableToken(sdk.zpagesToken, warn);
  const host = zpages?.host ?? usableHost(sdk.zpagesHost, token, warn);
  const name = zpages?.name ?? serviceName ?? sdk.serviceName ?? sdk.resourceAttributes?.['service.name'];
  const settings = { port, host, token, ...(name !== undefined && { name }) };
  checkZpagesOptions(settings);
  return settings;
}

function usableToken(token: string | undefined, warn: Warn): string | undefined {
  if (token === undefined || isUsable({ token })) return token;
  warn('SPILLWAY_ZPAGES_TOKEN is ignored, because it is shorter than 16 characters');
  return undefined;
}

function usableHost(host: string | undefined, token: string | undefined, warn: Warn): string | undefined {
  if (host === undefined || isUsable({ host, token })) return host;
  warn(
    `SPILLWAY_ZPAGES_HOST=${host} is ignored, because other machines could reach the live page: set SPILLWAY_ZPAGES_TOKEN to at least 16 characters too`,
  );
  return undefined;
}

function isUsable(options: ZpagesOptions): boolean {
  try {
    checkZpagesOptions(options);
    return true;
  } catch {
    return false;
  }
}
