// The same as web.mjs, as CommonJS.
const { createServer, get } = require('node:http');

const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1', () => {
  get(`http://127.0.0.1:${server.address().port}/hello`, (response) => {
    response.resume().on('end', () => {
      console.log(response.statusCode);
      server.close();
      server.closeAllConnections();
    });
  });
});
