import type { Compressors } from './body-compression.ts';
import { joinedBody } from './request-body.ts';

/** What the platform's streams can compress with. */
export function streamCompressors(): Compressors {
  const possible = (['zstd', 'gzip'] as const).filter(canCompress);
  return Object.fromEntries(
    possible.map(
      (format) => [format, (body) => compress(joinedBody(body), format)] satisfies [string, Compressors['gzip']],
    ),
  );
}

/** Next's edge runtime has a CompressionStream that throws. */
function canCompress(format: string): boolean {
  try {
    return new CompressionStream(format as 'gzip').writable !== undefined;
  } catch {
    return false;
  }
}

async function compress(bytes: Uint8Array<ArrayBuffer>, format: string): Promise<Uint8Array<ArrayBuffer>> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream(format as 'gzip'));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}
