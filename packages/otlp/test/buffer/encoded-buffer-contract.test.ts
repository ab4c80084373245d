import { describeByteCountingBuffer } from '../../../backpressure/test/byte-counting-contract.ts';
import { EncodedBuffer } from '../../src/buffer/encoded-buffer.ts';
import type { EncodedBatch } from '../../src/buffer/encoded-batch.ts';
import { idsOf, type SampleItem, sampleEncoder } from './sample-items.ts';

describeByteCountingBuffer<SampleItem, EncodedBatch>('EncodedBuffer', () => ({
  buffer: new EncodedBuffer({ encoder: sampleEncoder }),
  itemOf: (id, bytes) => ({ id, bytes }),
  idsOf,
  countsBytes: true,
  unencodable: {
    id: -1,
    bytes: 100,
    onEncode: () => {
      throw new Error('unencodable');
    },
  },
}));
