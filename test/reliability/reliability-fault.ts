import type { DropReason } from '@spillway/backpressure';
import type { Fault, SpawnedCollector } from '../collector/src/index.ts';
import type { Pace } from './pace.ts';
import type { Scene, Way } from './scene.ts';

/**
 * What a fault does to items. `none`: each is sent once. `delay`: they take time, and where that is too long for a request they
 * are sent again. `retry`: some are sent again. `duplicate`: the collector has some whose answer the client did not get, so that
 * they arrive twice. Otherwise some are lost, at most `most` of each pipeline, for one of these reasons.
 */
export type FaultEffect = 'none' | 'delay' | 'retry' | 'duplicate' | { readonly loses: readonly (DropReason | 'undeliverable')[]; readonly most?: number };

/** Something that goes wrong for a while. */
export interface ReliabilityFault<ItsWay extends Way = Way> {
  /** As in the table. */
  readonly name: string;
  readonly effect: FaultEffect;
  /** Of a signal, in the second half of the fault. Default: no limit. */
  readonly mostRequestsASecond?: number;
  /** What each pipeline has to log once. Such a fault has the process's logger to itself. */
  readonly line?: RegExp;
  /** How often a poison item may be sent. Default: no limit. */
  readonly mostCopies?: number;
  /** It takes the whole process, or a processor to itself, and disturbs what runs beside it. */
  readonly runsAlone?: true;
  adapt?(pace: Pace): Pace;
  open(collector: SpawnedCollector, pace: Pace): Promise<ItsWay>;
  begin(scene: Scene<ItsWay>): Promise<void>;
  end(scene: Scene<ItsWay>): Promise<void>;
}

/** `begin` and `end` get the way that `open` of the same fault made. */
export function faultOf<ItsWay extends Way>(fault: ReliabilityFault<ItsWay>): ReliabilityFault {
  return fault;
}

/** A fault of the collector itself. */
export function collectorFault(name: string, effect: FaultEffect, fault: Fault | ((pace: Pace) => Fault)): ReliabilityFault {
  return {
    name,
    effect,
    open: direct,
    begin: ({ collector, pace }) => collector.setFault(typeof fault === 'function' ? fault(pace) : fault),
    end: ({ collector }) => collector.heal(),
  };
}

/** Nothing stands between. */
export function direct({ url }: SpawnedCollector): Promise<Way> {
  return Promise.resolve({ url });
}
