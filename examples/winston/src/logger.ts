/** The application's own logger. It knows nothing about OpenTelemetry. */
import { createLogger, format, transports } from 'winston';

const line = format.printf(({ timestamp, level, message, error }) => {
  const reason = error instanceof Error ? ` (${error.message})` : '';
  return `${String(timestamp)} ${level}: ${String(message)}${reason}`;
});

export const logger = createLogger({
  level: 'verbose',
  format: format.timestamp(),
  transports: [new transports.Console({ format: line })],
});
