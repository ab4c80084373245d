const defineTests = require('./suite.cjs');
const packages = require('./packages.cjs');

const fakeTimers = () => jest.useFakeTimers();
const realTimers = () => jest.useRealTimers();
defineTests({ test, fakeTimers, realTimers }, packages);
