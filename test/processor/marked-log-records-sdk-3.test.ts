import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { describeMarkedLogRecords } from '../../packages/logs/test/sampling/marked-record-contract.ts';

describeMarkedLogRecords('3.x', (processors) => new LoggerProvider({ processors }));
