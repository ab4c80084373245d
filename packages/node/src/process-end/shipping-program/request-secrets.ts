import { SecretFilter } from '../../../../otlp/src/transport/secret-filter.ts';
import { maskedSegments } from '../../../../otlp/src/transport/shown-path.ts';
import type { RequestHead } from '../shipping-frames.ts';

/** Headers that a collector's answer may repeat: they hold no secret. */
const PUBLIC_HEADERS: readonly string[] = ['content-type', 'user-agent', 'host'];

/** A collector may repeat the secrets of a request, and its answer may get into the log of the process that ended. */
export function secretsIn({ url, headers, proxy }: Pick<RequestHead, 'url' | 'headers' | 'proxy'>): SecretFilter {
  const { searchParams, search, pathname } = new URL(url);
  return new SecretFilter([
    ...Object.entries(headers).flatMap(([name, value]) => (PUBLIC_HEADERS.includes(name) ? [] : [value])),
    ...searchParams.values(),
    ...search.slice(1).split('&'),
    ...maskedSegments(pathname),
    proxy?.authorization ?? '',
  ]);
}
