// Loaded into every process of a snippet. Connections to the ports that a snippet names reach the test's servers on
// free ports, whatever the host, because several snippets run at the same time and other tests use the same ports.
import { Socket } from 'node:net';

const ports = JSON.parse(process.env.README_PORTS ?? '{}');
const connect = Socket.prototype.connect;

Socket.prototype.connect = function (...args) {
  // node:net passes its own arguments in one array: the options and a callback.
  const [first] = args;
  const options = Array.isArray(first) ? first[0] : first;
  const port = ports[options?.port];
  if (port !== undefined) Object.assign(options, { host: '127.0.0.1', port });
  return connect.apply(this, args);
};
