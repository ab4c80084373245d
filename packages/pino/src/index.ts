import { createTransport } from './transport.ts';

// pino loads the default export of its target.
export default createTransport;
export type { PinoExporterOptions, PinoTransportOptions } from './transport-options.ts';
