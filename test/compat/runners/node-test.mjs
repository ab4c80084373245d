import { mock, test } from 'node:test';
import * as packages from './packages.mjs';
import defineTests from './suite.cjs';

const fakeTimers = () => mock.timers.enable();
const realTimers = () => mock.timers.reset();
defineTests({ test, fakeTimers, realTimers }, packages);
