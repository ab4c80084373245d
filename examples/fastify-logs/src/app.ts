/** Tells the weight of a parcel: `GET /parcels/101`. It knows nothing about OpenTelemetry. */
import Fastify from 'fastify';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;
const parcels = new Map([
  ['101', { grams: 1_250 }],
  ['102', { grams: 31_000 }],
]);
const MAX_GRAMS = 20_000;

const app = Fastify({ logger: true });

app.get<{ Params: { id: string } }>('/parcels/:id', async (request, reply) => {
  const { id } = request.params;
  const parcel = parcels.get(id);
  if (parcel === undefined) {
    request.log.warn({ parcel: id }, 'no such parcel');
    return reply.code(404).send();
  }
  if (parcel.grams > MAX_GRAMS) throw new RangeError(`${parcel.grams} g is too heavy`); // Fastify logs it and answers 500
  request.log.info({ parcel: id, ...parcel }, 'weighed');
  return parcel;
});

// Answers the accepted requests. Then nothing keeps the process alive, and Spillway ships what is left.
process.once('SIGTERM', () => void app.close());
await app.listen({ host: HOST, port: Number(PORT) });
