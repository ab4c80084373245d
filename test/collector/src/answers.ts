import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pauses } from './clock.ts';
import type { Exchange } from './exchange.ts';
import type { Fault, FaultKind, FaultOf } from './fault.ts';
import { emptyFields, errorStatus, garbage, partialSuccess } from './response-body.ts';

type Behaviour<Kind extends FaultKind> = (exchange: Exchange, fault: FaultOf<Kind>, pauses: Pauses) => void;
/** A poisoned request gets the fault that the poison names, so poison itself has no behaviour. */
type Behaviours = { readonly [Kind in Exclude<FaultKind, 'poison'>]: Behaviour<Kind> };

/** A huge answer is made in chunks of this size. */
const CHUNK_BYTES = 65_536;
/** No client can tell drips slower than one a second, or faster than 50 a second, from these limits. */
const DRIP_MILLIS = { least: 20, most: 1000 };

/** The behaviour of faults that do not need the body. Reading has begun when they are called. */
const BEFORE_BODY: Partial<Behaviours> = {
  'reset-mid-request': (exchange) => exchange.request.once('data', () => exchange.reset()),
  'answer-before-body': (exchange, { code = 200 }) => exchange.answer(code),
};

/** The behaviour of each fault for a request that was read and served. */
const AFTER_BODY: Behaviours = {
  latency: acceptAll,
  limited: acceptAll,
  status: (exchange, { code, body, retryAfter, headers }) => {
    if (code < 300) exchange.accept();
    exchange.answer(code, body ?? (code < 400 ? '' : errorStatus(`fault: ${code}`, exchange.isJson)), {
      ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
      ...headers,
    });
  },
  reset: (exchange, { keepsItems }) => {
    if (keepsItems) exchange.accept();
    exchange.reset();
  },
  // Only a request without a body gets here.
  'reset-mid-request': (exchange) => exchange.reset(),
  'close-before-answer': (exchange, { keepsItems }) => {
    if (keepsItems) exchange.accept();
    exchange.close();
  },
  'not-http': (exchange, { keepsItems }) => {
    if (keepsItems) exchange.accept();
    exchange.answerRaw('SSH-2.0-OpenSSH_9.2\r\n');
  },
  hang: () => undefined,
  'slow-drip': (exchange, fault, pauses) => {
    exchange.accept();
    void drip(exchange, fault, pauses);
  },
  'partial-success': (exchange, { rejected, message = '' }) => {
    exchange.accept(Math.max(0, exchange.record.items - rejected));
    exchange.answer(200, partialSuccess(rejected, message, exchange.isJson));
  },
  'max-body': (exchange, { bytes }) => {
    if (exchange.bodyBytes > bytes)
      exchange.answer(413, errorStatus(`a body of more than ${bytes} bytes`, exchange.isJson));
    else acceptAll(exchange);
  },
  'huge-response': (exchange, fault) => {
    exchange.accept();
    void pour(exchange, fault);
  },
  'garbage-response': (exchange) => {
    exchange.accept();
    exchange.answer(200, garbage());
  },
  'answer-before-body': (exchange, { code = 200 }) => {
    if (code < 300) exchange.accept();
    exchange.countLost();
  },
};

/** Called when the headers have arrived. */
export function actBeforeBody(exchange: Exchange, fault: Fault | undefined, pauses: Pauses): void {
  if (fault !== undefined) behaviourIn(BEFORE_BODY, fault)?.(exchange, fault, pauses);
}

/** Called when the body has been read and decoded and the request was served. */
export function actAfterBody(exchange: Exchange, fault: Fault | undefined, pauses: Pauses): void {
  if (fault === undefined) acceptAll(exchange);
  else behaviourIn(AFTER_BODY, fault)?.(exchange, fault, pauses);
}

function behaviourIn(behaviours: Partial<Behaviours>, fault: Fault) {
  if (fault.kind === 'poison') return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table pairs them; a union loses that
  return behaviours[fault.kind] as ((exchange: Exchange, fault: Fault, pauses: Pauses) => void) | undefined;
}

function acceptAll(exchange: Exchange): void {
  exchange.accept();
  exchange.answer(200);
}

async function drip(exchange: Exchange, fault: FaultOf<'slow-drip'>, pauses: Pauses): Promise<void> {
  const body = emptyFields(fault.bytes ?? 64);
  const pauseMillis = Math.min(Math.max(1000 / fault.bytesPerSecond, DRIP_MILLIS.least), DRIP_MILLIS.most);
  const dripBytes = Math.max(1, Math.round((fault.bytesPerSecond * pauseMillis) / 1000));
  exchange.startAnswer(200, { 'content-length': body.length });
  exchange.response.flushHeaders();
  for (let sent = 0; sent < body.length; sent += dripBytes) {
    const pause = pauses.start(pauseMillis);
    exchange.onceLeft(() => pause.cut());
    // oxlint-disable-next-line no-await-in-loop -- one drip after the other is the point
    await pause.done;
    if (!exchange.isOpen) return;
    const drop = body.subarray(sent, sent + dripBytes);
    if (sent + dripBytes >= body.length) exchange.endAnswer(drop);
    else exchange.response.write(drop);
  }
}

async function pour(exchange: Exchange, { bytes, declaresLength }: FaultOf<'huge-response'>): Promise<void> {
  const chunk = emptyFields(CHUNK_BYTES);
  const length = 2 * Math.ceil(bytes / 2);
  exchange.startAnswer(200, declaresLength ? { 'content-length': length } : {});
  function* chunks() {
    for (let sent = 0; sent < length; sent += chunk.length) yield chunk.subarray(0, length - sent);
  }
  try {
    await pipeline(Readable.from(chunks()), exchange.response, { end: false });
    exchange.endAnswer('');
  } catch {
    // The client has given up, which is the purpose of this fault.
  }
}
