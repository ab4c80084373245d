import { Writable } from 'node:stream';
import { callbackify } from 'node:util';
import type { StreamOptions } from '../stream/stream-options.ts';
import { StreamSink, type StreamTarget } from '../stream/stream-sink.ts';

type Done = (error?: Error | null) => void;

const settle = callbackify(async (step: Promise<void> | undefined) => step);

/**
 * A stream of Node into a controller, for `pipe` and `pipeline`: each chunk is an item. It is `controller.writable()`
 * for streams of Node, and behaves in the same way. A stream that is destroyed counts as aborted.
 * @throws TypeError for an invalid option
 */
export function toNodeWritable<Item>(controller: StreamTarget<Item>, options: StreamOptions<Item> = {}): Writable {
  const sink = new StreamSink(controller, options);
  const stream = new Writable({
    objectMode: true,
    // Items that wait for room wait in the source, where its own bound holds them.
    highWaterMark: 1,
    construct: (done: Done) => {
      sink.open((error) => stream.destroy(error));
      done();
    },
    write: (item: Item, _encoding, done: Done) => settle(sink.write(item), done),
    final: (done: Done) => settle(sink.close(), done),
    destroy: (error, done: Done) => settle(stream.writableFinished ? undefined : sink.abort(), () => done(error)),
  });
  return stream;
}
