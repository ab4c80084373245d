import type { StreamOptions } from './stream-options.ts';
import { StreamSink, type StreamTarget } from './stream-sink.ts';

/** @throws TypeError for an invalid option, and on a platform without `WritableStream` */
export function writableStream<Item>(target: StreamTarget<Item>, options: StreamOptions<Item>): WritableStream<Item> {
  if (typeof WritableStream !== 'function') throw new TypeError('this platform has no WritableStream');
  const sink = new StreamSink(target, options);
  return new WritableStream<Item>({
    start: (stream) => sink.open((error) => stream.error(error)),
    write: (item) => sink.write(item),
    close: () => sink.close(),
    abort: () => sink.abort(),
  });
}
