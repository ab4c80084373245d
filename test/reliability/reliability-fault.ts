import type { DropReason } from '@spillway/backpressure';
import type { Fault, SpawnedCollector } from '../collector/src/index.ts';
import type { Pace } from './pace.ts';
import type { Scene, Way } from './scene.ts';
import { urlFor, type Wire } from '../faults/wire.ts';

/**
 * The effect of a fault on items. `none`: each is sent once. `delay`: they take time, and are sent again if that is too
 * long for a request. `retry`: some are sent again. `duplicate`: the collector took some whose answer the client did
 * not get, so that they arrive twice. Otherwise some are lost, at most `most` of each pipeline, for one of these
 * reasons.
 */
export type FaultEffect =
  | 'none'
  | 'delay'
  | 'retry'
  | 'duplicate'
  | { readonly loses: readonly (DropReason | 'undeliverable')[]; readonly most?: number };

/** Something that goes wrong for a while. */
export interface ReliabilityFault<ItsWay extends Way = Way> {
  /** The name in the table. */
  readonly name: string;
  readonly effect: FaultEffect;
  /** Limit for one signal in the second half of the fault. Default: no limit. */
  readonly mostRequestsASecond?: number;
  /** The line that each pipeline must log once. Such a fault needs the process's logger for itself. */
  readonly line?: RegExp;
  /** How often a poison item may be sent. Default: no limit. */
  readonly mostCopies?: number;
  /** It needs the whole process, or a CPU for itself, and would disturb other runs. */
  readonly runsAlone?: true;
  /** Why it does not happen over gRPC. Default: it does. */
  readonly notOverGrpc?: string;
  adapt?(pace: Pace): Pace;
  open(collector: SpawnedCollector, pace: Pace, wire: Wire): Promise<ItsWay>;
  begin(scene: Scene<ItsWay>): Promise<void>;
  end(scene: Scene<ItsWay>): Promise<void>;
}

/** Types a fault so that its `begin` and `end` get the way that its own `open` made. */
export function faultOf<ItsWay extends Way>(fault: ReliabilityFault<ItsWay>): ReliabilityFault {
  return fault;
}

/** A fault of the collector itself. */
export function collectorFault(
  name: string,
  effect: FaultEffect,
  fault: Fault | ((pace: Pace) => Fault),
): ReliabilityFault {
  return {
    name,
    effect,
    open: direct,
    begin: ({ collector, pace }) => collector.setFault(typeof fault === 'function' ? fault(pace) : fault),
    end: ({ collector }) => collector.heal(),
  };
}

/** A direct connection to the collector. */
export function direct(collector: SpawnedCollector, _pace: Pace, wire: Wire): Promise<Way> {
  return Promise.resolve({ url: urlFor(wire, collector) });
}

/** Whether a fault can happen over a wire. */
export function happensOver(wire: Wire, { notOverGrpc }: ReliabilityFault): boolean {
  return wire !== 'gRPC' || notOverGrpc === undefined;
}
