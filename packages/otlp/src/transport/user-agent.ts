/** The version in package.json; a test compares them. */
const VERSION = '0.1.0';

/** Names the exporter and its version, as the OTLP exporter specification asks ("User Agent"). */
export const USER_AGENT = `Spillway-OTLP-Exporter-JavaScript/${VERSION}`;
