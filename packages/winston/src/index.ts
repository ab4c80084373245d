export { SpillwayTransport, type SpillwayTransportOptions } from './spillway-transport.ts';
