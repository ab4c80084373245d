// A server and its client. Neither knows anything of OpenTelemetry.
import { once } from 'node:events';
import { createServer, get } from 'node:http';

const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
await once(server, 'listening');
const [response] = await once(get(`http://127.0.0.1:${server.address().port}/hello`), 'response');
response.resume();
await once(response, 'end');
console.log(response.statusCode);
server.close();
server.closeAllConnections();
