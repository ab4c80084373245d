import type { TracerProvider } from '@opentelemetry/api';

/** Lets a test make spans with five attributes, in one go. */
export function makeSpans(provider: TracerProvider): void {
  const tracer = provider.getTracer('shop');
  const make = (count: number): void => {
    for (let made = 0; made < count; made += 1) {
      const attributes = {
        'http.request.method': 'GET',
        'url.full': `https://shop.example.com/api/orders/${made}`,
        'http.response.status_code': 200,
        'server.address': 'shop.example.com',
        'server.port': 443,
      };
      tracer.startSpan('GET', { attributes }).end();
    }
  };
  Object.assign(globalThis, { make });
}
