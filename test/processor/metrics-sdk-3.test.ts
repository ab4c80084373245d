import { context } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  type IMetricReader,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { expectTypeOf, it } from 'vitest';
import type { BackpressureMetricReader, OtlpMetricExporter, PushMetricExporterLike } from '@spillway/metrics';
import { useStackContextManager } from '../../packages/pipeline/test/processor/stack-context-manager.ts';
import { describeMetricReader } from '../../packages/metrics/test/reader/metric-reader-contract.ts';

useStackContextManager(context);

describeMetricReader({
  name: '3.x',
  context,
  isTracingSuppressed,
  resourceFromAttributes,
  provider: ({ readers, resource, views = [] }) =>
    new MeterProvider({ readers: [...readers], resource: resource as never, views: views as never }),
  providerOfPeriodicReader: (exporter, options) =>
    new MeterProvider({
      readers: [new PeriodicExportingMetricReader({ exporter: exporter as never, ...options })],
    }),
});

it('the reader and the exporter have the types that SDK 3.x takes, and its exporters may be given to the reader', () => {
  expectTypeOf<BackpressureMetricReader>().toExtend<IMetricReader>();
  expectTypeOf<OtlpMetricExporter>().toExtend<PushMetricExporter>();
  expectTypeOf<PushMetricExporter>().toExtend<PushMetricExporterLike>();
});
