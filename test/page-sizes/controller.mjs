export { BackpressureController } from '@spillway/backpressure';
