/** A Lambda function that tells the postage of a parcel. */
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { flushEachInvocation, start } from '@spillway/node';

interface Parcel {
  readonly grams: number;
}

/** The part of Lambda's context that is used. */
interface Context {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

const CENTS_PER_KILOGRAM = 250;
const MAX_GRAMS = 20_000;

/**
 * The caller waits for the flush, and it costs money. A slow collector must not use up the whole timeout of the
 * function.
 */
const LONGEST_FLUSH_MILLIS = 500;

const telemetry = start({ serviceName: 'postage' }); // once, when Lambda loads the file
const tracer = trace.getTracer('postage');

async function postage(parcel: Parcel, context: Context): Promise<{ readonly cents: number }> {
  const attributes = { 'faas.invocation_id': context.awsRequestId };
  return await tracer.startActiveSpan('postage', { kind: SpanKind.SERVER, attributes }, async (span) => {
    try {
      return { cents: centsOf(parcel) };
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

// Lambda freezes the process once this function has ended. Spans not sent by then are sent during the next invocation.
export const handler = flushEachInvocation(postage, telemetry, { maxFlushMillis: LONGEST_FLUSH_MILLIS });

function centsOf({ grams }: Parcel): number {
  if (grams > MAX_GRAMS) throw new RangeError(`${grams} g is too heavy`);
  return Math.ceil((grams / 1_000) * CENTS_PER_KILOGRAM);
}
