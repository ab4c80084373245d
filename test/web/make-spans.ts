import type { TracerProvider } from '@opentelemetry/api';
import type { PageOfSpans } from './page-of-spans.ts';

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
  Object.assign(globalThis, { make, makeInWorker, useServiceWorker } satisfies PageOfSpans);
}

function makeInWorker(programUrl: string): void {
  const worker = new Worker(programUrl);
  const make = async (count: number): Promise<void> => {
    const made = new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
    worker.postMessage(count, { transfer: [] });
    await made;
  };
  Object.assign(globalThis, { make });
}

async function useServiceWorker(): Promise<void> {
  const inControl = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
  await navigator.serviceWorker.register('/service-worker.js');
  await inControl;
}
