import { test, vi } from 'vitest';
import * as packages from './packages.mjs';
import defineTests from './suite.cjs';

const fakeTimers = () => vi.useFakeTimers();
const realTimers = () => vi.useRealTimers();
defineTests({ test, fakeTimers, realTimers }, packages);
