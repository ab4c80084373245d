const sinon = require('sinon');
const defineTests = require('./suite.cjs');
const packages = require('./packages.cjs');

// Node's own connections need `nextTick`.
const fakeTimers = () => sinon.useFakeTimers({ toNotFake: ['nextTick', 'queueMicrotask'] });
const realTimers = () => sinon.restore();
defineTests({ test: it, fakeTimers, realTimers }, packages);
