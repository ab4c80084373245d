import { Metadata } from '@grpc/grpc-js';
import type { OtlpHeaders } from '@spillway/otlp';

/** What a channel has for all its calls. Metadata of these names would be ignored. */
const OF_THE_CHANNEL: ReadonlySet<string> = new Set(['content-type', 'user-agent', 'host']);

/**
 * The headers of a request as metadata. Headers that gRPC cannot carry are left out.
 * @param onUnfit is called with the name of each of those
 */
export function metadataOf(headers: OtlpHeaders, onUnfit: (name: string) => void): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) {
    if (OF_THE_CHANNEL.has(name)) continue;
    try {
      // Names with this ending are for bytes, whose text is base64.
      metadata.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
    } catch {
      onUnfit(name);
    }
  }
  return metadata;
}
