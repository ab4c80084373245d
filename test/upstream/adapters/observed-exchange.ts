// In the place of `http-exchange.node.ts`, whose answers it passes on and remembers: what a collector answers is read by
// our transport and given to nobody, and upstream's tests ask for it.
import { exchange as realExchange, type HttpExchangeResult } from '../../../packages/otlp/src/transport/http-exchange.node.ts';

let last: HttpExchangeResult | undefined;

/** What became of the last exchange. */
export function lastExchange(): HttpExchangeResult | undefined {
  return last;
}

export const exchange: typeof realExchange = async (...request) => {
  last = await realExchange(...request);
  return last;
};
