import type { Collector } from '../collector/src/index.ts';
import { Names } from './names.ts';
import { Relay } from './relay.ts';
import type { Way } from './scene.ts';
import { urlFor, type Wire } from '../faults/wire.ts';

const LOCALHOST = '127.0.0.1';
/** On Linux, all of 127.0.0.0/8 is the machine itself. */
const OTHER_ADDRESS = '127.0.0.2';

/** A way to a collector on which an outage begins and ends. */
export interface OutageWay extends Way {
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** A form of outages. */
export interface OutageForm {
  /** The name in the table. */
  readonly name: string;
  readonly wires: readonly Wire[];
  open(collector: Collector, wire: Wire): Promise<OutageWay>;
}

const BOTH: readonly Wire[] = ['HTTP', 'gRPC'];

/** The collector's process ends and is there again later. */
export const RESTARTED: OutageForm = {
  name: 'Its process dies, and is started again',
  wires: BOTH,
  open: async (collector, wire) => ({
    url: urlFor(wire, collector),
    begin: () => collector.interrupt(),
    end: () => collector.resume(),
  }),
};

/** It says that it is not available. */
export const UNAVAILABLE: OutageForm = {
  name: 'It answers 503, or `UNAVAILABLE`',
  wires: BOTH,
  open: async (collector, wire) => ({
    url: urlFor(wire, collector),
    begin: async () => collector.setFault({ kind: 'status', code: 503 }),
    end: async () => collector.setFault(undefined),
  }),
};

/** The forms of outages whose ends are measured. */
export const OUTAGE_FORMS: readonly OutageForm[] = [
  RESTARTED,
  UNAVAILABLE,
  {
    name: 'It shuts down in good order, with `GOAWAY`, and is started again',
    wires: ['gRPC'],
    open: async (collector, wire) => ({
      url: urlFor(wire, collector),
      begin: () => collector.goAway(),
      end: () => collector.resume(),
    }),
  },
  {
    name: 'Its host vanishes without a word, and comes back without its connections',
    wires: BOTH,
    open: async (collector, wire) => {
      const relay = await Relay.start(portOf(collector, wire));
      return {
        url: `http://${LOCALHOST}:${relay.port}`,
        begin: async () => relay.vanish(),
        end: async () => relay.comeBack(),
        close: () => relay.close(),
      };
    },
  },
  moving('It moves: its address refuses connections, until its name leads to another one', (old) => old.close()),
  moving('It moves: its address answers nothing any more, until its name leads to another one', async (old) =>
    old.vanish(),
  ),
];

function moving(name: string, leave: (old: Relay) => Promise<void>): OutageForm {
  return {
    name,
    wires: BOTH,
    open: async (collector, wire) => {
      const old = await Relay.start(portOf(collector, wire));
      const { port } = old;
      const moved = await Relay.start(portOf(collector, wire), { host: OTHER_ADDRESS, port });
      const names = new Names({ address: LOCALHOST });
      return {
        url: `http://collector.test:${port}`,
        exporter: { httpAgentOptions: { lookup: names.lookup }, proxyEnv: {} },
        begin: () => leave(old),
        end: async () => void (names.answer = { address: OTHER_ADDRESS }),
        close: async () => void (await Promise.all([old.close(), moved.close()])),
      };
    },
  };
}

function portOf(collector: Collector, wire: Wire): number {
  return Number(new URL(urlFor(wire, collector)).port);
}
