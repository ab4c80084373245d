// The same as start-up.mjs, as CommonJS.
const { createServer } = require('node:http');
const express = require('express');
const pino = require('pino');

const { user, system } = process.cpuUsage();
const millis = performance.now();
console.log(JSON.stringify({ millis, cpuMillis: (user + system) / 1_000 }));
if (![createServer, express, pino].every((each) => typeof each === 'function')) throw new Error('nothing is loaded');
process.exit();
