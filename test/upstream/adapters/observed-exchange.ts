// Replaces `http-exchange.node.ts`. It passes answers on and remembers the last one. Our transport reads a collector's
// answer without returning it, but upstream's tests need it.
import {
  exchange as realExchange,
  type HttpExchangeResult,
} from '../../../packages/otlp/src/transport/http-exchange.node.ts';

let last: HttpExchangeResult | undefined;

/** The result of the last exchange. */
export function lastExchange(): HttpExchangeResult | undefined {
  return last;
}

export const exchange: typeof realExchange = async (...request) => {
  last = await realExchange(...request);
  return last;
};
