import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { describeMarkedLogRecords } from './marked-record-contract.ts';

describeMarkedLogRecords('2.x', (processors) => new LoggerProvider({ processors }));
