/** Tells the price of a book: `GET /books/Walden`. This file has no line of telemetry. */
import express from 'express';

const { PORT = '8080' } = process.env;
const prices = new Map([
  ['Walden', 12.5],
  ['Middlemarch', 18],
]);

const app = express();

app.get('/books/:title', async ({ params: { title } }, response) => {
  const { port } = server.address();
  const price = await fetch(`http://127.0.0.1:${port}/prices/${title}`); // stands for a call to another service
  if (price.ok) response.json({ title, price: await price.json() });
  else response.status(price.status).json({ title });
});

app.get('/prices/:title', ({ params: { title } }, response) => {
  if (title === 'Ulysses') throw new Error('nobody knows'); // Express answers 500
  response.status(prices.has(title) ? 200 : 404).json(prices.get(title) ?? null);
});

const server = app.listen(Number(PORT), '127.0.0.1', () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`),
);
