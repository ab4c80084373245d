import * as api from '@opentelemetry/api';
import * as core from '@opentelemetry/core';
import * as resources from '@opentelemetry/resources';
import * as sdkLogs from '@opentelemetry/sdk-logs';
import * as sdkMetrics from '@opentelemetry/sdk-metrics';
import * as sdkTrace from '@opentelemetry/sdk-trace';
import { start } from '@spillway/node';
import * as spool from '@spillway/spool';

start({
  sdk: {
    '@opentelemetry/api': api,
    '@opentelemetry/core': core,
    '@opentelemetry/resources': resources,
    '@opentelemetry/sdk-logs': sdkLogs,
    '@opentelemetry/sdk-metrics': sdkMetrics,
    '@opentelemetry/sdk-trace': sdkTrace,
    '@spillway/spool': spool,
  },
});
