import type { Signal } from '../../signal.ts';
import type { SignalUnderLoad } from './signal-under-load.ts';

/** Loads only the modules of that signal. @param use gets it, whatever the types of its items and processors are */
export async function withSignal<Result>(
  signal: Signal,
  use: <Item extends object, Processor>(signal: SignalUnderLoad<Item, Processor>) => Promise<Result>,
): Promise<Result> {
  if (signal === 'logs') return use((await import('./log-records.ts')).logRecords);
  if (signal === 'traces over gRPC') return use((await import('./spans-over-grpc.ts')).spansOverGrpc);
  return use((await import('./spans.ts')).spans);
}
