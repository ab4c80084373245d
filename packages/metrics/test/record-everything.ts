import { type Meter, ValueType } from '@opentelemetry/api';

/** Records with every kind of instrument. A view named `*.exponential` makes the last ones exponential histograms. */
export function recordEverything(meter: Meter): void {
  const requests = meter.createCounter('requests', {
    description: 'Requests',
    unit: '{request}',
    valueType: ValueType.INT,
  });
  const bytes = meter.createCounter('bytes', { unit: 'By' });
  const active = meter.createUpDownCounter('active', { valueType: ValueType.INT });
  const temperature = meter.createGauge('temperature', { description: 'é漢😀', unit: 'Cel' });
  const duration = meter.createHistogram('duration', { unit: 's' });
  const sizes = meter.createHistogram('sizes', {
    valueType: ValueType.INT,
    advice: { explicitBucketBoundaries: [] },
  });
  const latency = meter.createHistogram('latency.exponential');
  meter.createObservableGauge('memory', { valueType: ValueType.INT }).addCallback((result) => {
    result.observe(1_048_576, { pool: 'young' });
    result.observe(2 ** 52 + 1, { pool: 'old' });
  });
  meter.createObservableCounter('cpu').addCallback((result) => result.observe(12.5, { cpu: 0 }));
  meter.createObservableUpDownCounter('queue').addCallback((result) => result.observe(-3));
  for (let index = 0; index < 20; index += 1) {
    const attributes = { route: `/orders/${index % 3}`, status: 200 + (index % 2), cached: index % 2 === 0 };
    requests.add(1, attributes);
    bytes.add(index * 1.5, attributes);
    active.add(index % 2 === 0 ? 1 : -2, attributes);
    temperature.record(20 - index / 3, attributes);
    duration.record(index / 7, attributes);
    sizes.record(index * 100, attributes);
    latency.record((index - 5) * 0.25, { route: `/orders/${index % 3}`, tags: ['a', 'b'] });
  }
}
