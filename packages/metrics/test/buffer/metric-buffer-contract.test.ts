import type { AssembledRequest } from '@spillway/otlp';
import { UnencodableError } from '@spillway/otlp/encoding';
import { describeByteCountingBuffer } from '../../../backpressure/test/byte-counting-contract.ts';
import { type MetricBatch, MetricBuffer } from '../../src/buffer/metric-buffer.ts';
import type { CollectedPoint } from '../../src/collected-point.ts';
import { decodeMessage, type DecodedRequest, pointsOf } from '../decode-request.ts';
import { collectedPoint, samplePoint } from '../sample-metrics.ts';

/** Bytes of a point without those that fill it up. */
const BARE_BYTES = 44;
/** Enough for a segment of its own. Larger ones make the test slow and no stricter. */
const MOST_BYTES = 20_000;

/** Ids are values. Other bytes of the items are checked too: each is filled with bytes of its id. */
function idsIn(request: AssembledRequest): number[] {
  return pointsOf(decodeMessage(request) as DecodedRequest).map(({ asInt, attributes }) => {
    const id = Number(asInt);
    const fill = attributes?.[0]?.value['bytesValue'] as Uint8Array;
    if (!Buffer.alloc(fill.length, id).equals(fill)) throw new Error(`the bytes of point ${id} have changed`);
    return id;
  });
}

describeByteCountingBuffer<CollectedPoint, MetricBatch>('MetricBuffer', () => {
  const buffer = new MetricBuffer();
  return {
    buffer,
    itemOf: (id, bytes) => {
      const fill = new Uint8Array(Math.max(Math.min(bytes, MOST_BYTES) - BARE_BYTES, 0)).fill(id);
      return collectedPoint({ point: samplePoint({ value: id, attributes: { fill } }) });
    },
    idsOf: (batch) => idsIn(buffer.assembleRequest(batch)),
    countsBytes: true,
    unencodable: collectedPoint({
      point: {
        ...samplePoint(),
        get value(): number {
          throw new UnencodableError('unencodable');
        },
      },
    }),
  };
});
