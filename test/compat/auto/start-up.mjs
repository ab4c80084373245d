// Prints how long it took to reach the first line, and ends.
import { createServer } from 'node:http';
import express from 'express';
import pino from 'pino';

const { user, system } = process.cpuUsage();
const millis = performance.now();
console.log(JSON.stringify({ millis, cpuMillis: (user + system) / 1_000 }));
if (![createServer, express, pino].every((each) => typeof each === 'function')) throw new Error('nothing is loaded');
process.exit();
