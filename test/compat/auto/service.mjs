// A service that knows nothing of OpenTelemetry: it logs, and asks the service behind it, if there is one.
import { get } from 'node:http';
import express from 'express';
import pino from 'pino';

const [, , name, behind] = process.argv;
const logger = pino({ name });

const app = express();
app.get('/books/:title', (request, response) => {
  logger.info({ title: request.params.title }, `${name} was asked`);
  if (behind === undefined) response.send('there');
  else get(`${behind}/books/${request.params.title}`, (answer) => answer.pipe(response));
});
const server = app.listen(0, '127.0.0.1', () => console.log(`listening http://127.0.0.1:${server.address().port}`));
