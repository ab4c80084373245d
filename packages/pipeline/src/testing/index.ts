export { InMemoryProcessor } from './in-memory-processor.ts';
