/** Collects 10 000 series with each reader in turn, in one process, and measures each collection until it is answered. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { type IMetricReader, MetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import type { Variant } from '../application/protocol.ts';
import { carryOutPlan } from '../measured-program.ts';
import type { CollectionCost, ReaderFigures, ReadersPlan } from './protocol.ts';
import { MeasuredApplication } from './series.ts';

/** Collections of each reader before the measured ones, because compiling goes on for a while. */
const WARM_UP_ROUNDS = 10;
/** No reader collects by itself during the bench. */
const NEVER_MILLIS = 2 ** 31 - 1;
const MONITOR_MILLIS = 1;
const NANOS_PER_MILLI = 1e6;
const MICROS_PER_MILLI = 1e3;

/** Only collects, which shows the SDK's share of the cost. */
class CollectingReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {
    await this.collect();
  }
  protected override async onShutdown(): Promise<void> {}
}

const READERS: Readonly<Record<Variant, (url: string) => IMetricReader>> = {
  noop: () => new CollectingReader(),
  upstream: (url) =>
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url }),
      exportIntervalMillis: NEVER_MILLIS,
    }),
  spillway: (url) =>
    new BackpressureMetricReader({ exporter: new OtlpMetricExporter({ url }), exportIntervalMillis: NEVER_MILLIS }),
};

carryOutPlan(async ({ readers, rounds }: ReadersPlan): Promise<readonly ReaderFigures[]> => {
  const measured = readers.map(({ variant, url }) => {
    const reader = READERS[variant](url);
    return { variant, reader, application: new MeasuredApplication(reader), costs: [] as CollectionCost[] };
  });
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const { reader, application, costs } of measured) {
      application.measure(round);
      const cost = await costOf(() => reader.forceFlush());
      if (round >= 0) costs.push(cost);
    }
  }
  await Promise.all(measured.map(({ application }) => application.shutdown()));
  return measured.map(({ variant, application, costs }) => ({ variant, costs, orders: application.orders }));
});

async function costOf(collect: () => Promise<void>): Promise<CollectionCost> {
  const delay = monitorEventLoopDelay({ resolution: MONITOR_MILLIS });
  delay.enable();
  // The monitor measures from tick to tick, so a pause before its first tick would not count.
  await new Promise((resolve) => setTimeout(resolve, 5 * MONITOR_MILLIS));
  const before = process.cpuUsage();
  await collect();
  const { user, system } = process.cpuUsage(before);
  await new Promise((resolve) => setTimeout(resolve, 5 * MONITOR_MILLIS));
  delay.disable();
  return { cpuMillis: (user + system) / MICROS_PER_MILLI, longestPauseMillis: delay.max / NANOS_PER_MILLI };
}
