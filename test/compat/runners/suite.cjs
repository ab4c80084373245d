// What the tests of an application may do with its telemetry, for any test runner.
const assert = require('node:assert/strict');

/**
 * @param runner `test(name, run)`, `fakeTimers()` and `realTimers()` of the runner
 * @param packages what the test file has loaded, in its own way
 * @param hasConnections whether requests can be sent, which jsdom does not do
 */
module.exports = function defineTests({ test, fakeTimers, realTimers }, packages, hasConnections = true) {
  const { BackpressureSpanProcessor, InMemoryProcessor, LoggerProvider, OtlpSpanExporter, TracerProvider } = packages;
  const { COLLECTOR } = process.env;

  function collectInMemory() {
    const spans = new InMemoryProcessor();
    const records = new InMemoryProcessor();
    const tracer = new TracerProvider({ spanProcessors: [spans] }).getTracer('shop');
    const logger = new LoggerProvider({ processors: [records] }).getLogger('shop');
    tracer.startSpan('order').end();
    logger.emit({ body: 'order placed' });
    assert.deepEqual(
      spans.items.map(({ name }) => name),
      ['order'],
    );
    assert.deepEqual(
      records.items.map(({ body }) => body),
      ['order placed'],
    );
  }

  async function deliver(name) {
    const exporter = new OtlpSpanExporter({ url: `${COLLECTOR}/v1/traces` });
    const processor = new BackpressureSpanProcessor({ exporter });
    const provider = new TracerProvider({ spanProcessors: [processor] });
    provider.getTracer('shop').startSpan(name).end();
    await provider.forceFlush();
    assert.equal(processor.getMetrics().eventsFlushed, 1);
    await provider.shutdown();
  }

  async function withFakeTimers(run) {
    fakeTimers();
    try {
      await run();
    } finally {
      realTimers();
    }
  }

  test('items are there as soon as they are made', collectInMemory);
  test('items are there as soon as they are made, while timers are faked', () => withFakeTimers(collectInMemory));
  if (!hasConnections) return;
  test('a pipeline delivers', () => deliver('with real timers'));
  test('a pipeline delivers while timers are faked', () => withFakeTimers(() => deliver('with fake timers')));
  test('a pipeline that nobody shuts down holds a span for a collector that is not there', () => {
    const exporter = new OtlpSpanExporter({ url: 'http://127.0.0.1:1/v1/traces' });
    const provider = new TracerProvider({ spanProcessors: [new BackpressureSpanProcessor({ exporter })] });
    provider.getTracer('shop').startSpan('order').end();
  });
};
