import { UnencodableError } from '@spillway/otlp/encoding';
import { describeBatchBuffer } from '../../../backpressure/test/batch-buffer-contract.ts';
import { type MetricBatch, MetricBuffer } from '../../src/buffer/metric-buffer.ts';
import type { CollectedPoint } from '../../src/collected-point.ts';
import { decodeRequest, pointsOf } from '../decode-request.ts';
import { collectedPoint, samplePoint } from '../sample-metrics.ts';

/** Bytes of a point without the text that fills it up. */
const BARE_BYTES = 44;

describeBatchBuffer<CollectedPoint, MetricBatch>('MetricBuffer', () => {
  const buffer = new MetricBuffer();
  return {
    buffer,
    itemOf: (id, bytes) =>
      collectedPoint({
        point: samplePoint({ value: id, attributes: { fill: 'x'.repeat(Math.max(bytes - BARE_BYTES, 0)) } }),
      }),
    idsOf: (batch) => pointsOf(decodeRequest(buffer.assembleRequest(batch))).map(({ asInt }) => Number(asInt)),
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
