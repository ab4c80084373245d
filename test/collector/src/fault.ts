/** What every fault takes besides its own fields. */
interface Delayed {
  /** Milliseconds between the last byte of the request and the start of the fault; any number of requests wait side by side. */
  readonly latencyMillis?: number;
}

/** A server that loses the connection may have kept the items before that: what the client sends again is then a duplicate. */
interface MayKeepItems {
  /** Accepts the items before the connection is lost. Default: false. */
  readonly keepsItems?: boolean;
}

/** Answers 200 after that; any number in parallel. */
export interface LatencyFault extends Delayed {
  readonly kind: 'latency';
  readonly millis: number;
}

/**
 * Serves `concurrency` requests at a time, each for `serviceMillis` and `itemMillis` for each of its items. The others wait in
 * the order in which their bodies were complete. If a client leaves while its request is served, the request keeps its place
 * to the end, as work does that nobody cancels. Requests under the same fault object share its places.
 */
export interface LimitedFault extends Delayed {
  readonly kind: 'limited';
  readonly concurrency: number;
  readonly serviceMillis: number;
  /** Default: 0. */
  readonly itemMillis?: number;
  /** Also serves requests whose client left while they waited, as a server does that reads ahead. Default: false. */
  readonly servesAbandoned?: boolean;
}

/** Answers with any status from 200 to 599. Below 300 the items are accepted. */
export interface StatusFault extends Delayed {
  readonly kind: 'status';
  readonly code: number;
  /** The `Retry-After` header, as it will stand: seconds, an HTTP date, or garbage. */
  readonly retryAfter?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: a protobuf `google.rpc.Status` from 400 on, nothing below. */
  readonly body?: string | Uint8Array;
}

/** Reads the request, then sends RST. */
export interface ResetFault extends Delayed, MayKeepItems {
  readonly kind: 'reset';
}

/** Sends RST after the first bytes of the body. */
export interface ResetMidRequestFault {
  readonly kind: 'reset-mid-request';
}

/** Reads the request, then closes the connection in good order, without an answer. */
export interface CloseBeforeAnswerFault extends Delayed, MayKeepItems {
  readonly kind: 'close-before-answer';
}

/** Reads the request, answers with bytes that are not HTTP, and closes the connection. */
export interface NotHttpFault extends Delayed, MayKeepItems {
  readonly kind: 'not-http';
}

/** Reads the request and never answers; the client has to leave. */
export interface HangFault {
  readonly kind: 'hang';
}

/** Accepts, then lets the body of the answer drip: valid, and without meaning. */
export interface SlowDripFault extends Delayed {
  readonly kind: 'slow-drip';
  readonly bytesPerSecond: number;
  /** Length of that body. Default: 64. */
  readonly bytes?: number;
}

/** Accepts all but the last `rejected` items and says so. */
export interface PartialSuccessFault extends Delayed {
  readonly kind: 'partial-success';
  readonly rejected: number;
  readonly message?: string;
}

/** 413 for a body longer than that, after decompression; anything smaller is accepted. */
export interface MaxBodyFault extends Delayed {
  readonly kind: 'max-body';
  readonly bytes: number;
}

/** Accepts, with an answer whose body is that long. It decodes, to nothing. */
export interface HugeResponseFault extends Delayed {
  readonly kind: 'huge-response';
  readonly bytes: number;
  /** Says the length in a header, so that a client may refuse before it reads. Default: false, chunked. */
  readonly declaresLength?: boolean;
}

/** Accepts, with an answer that is no protobuf though its content type says so. */
export interface GarbageResponseFault extends Delayed {
  readonly kind: 'garbage-response';
}

/** Answers once the headers are there, then reads on. A `code` below 300 accepts what is read. */
export interface AnswerBeforeBodyFault {
  readonly kind: 'answer-before-body';
  /** Default: 200. */
  readonly code?: number;
}

/** Something happens to each request that carries one certain item. Every other request is accepted. */
export interface PoisonFault {
  readonly kind: 'poison';
  /** Of the item: a span id in hex, or the `log.record.uid` of a log record. */
  readonly id: string;
  /** What happens. */
  readonly fault: ReadFault;
}

/** What goes wrong with one request. A plain object, so that it can be sent to another process. */
export type Fault = ReadFault | ResetMidRequestFault | AnswerBeforeBodyFault | PoisonFault;

/** A fault that begins once the request was read. */
export type ReadFault =
  | LatencyFault
  | LimitedFault
  | StatusFault
  | ResetFault
  | CloseBeforeAnswerFault
  | NotHttpFault
  | HangFault
  | SlowDripFault
  | PartialSuccessFault
  | MaxBodyFault
  | HugeResponseFault
  | GarbageResponseFault;

export type FaultKind = Fault['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { kind: Kind }>;

interface NumberRule {
  readonly least: number;
  readonly most?: number;
  readonly optional?: true;
}

const DURATION: NumberRule = { least: 0 };
const STATUS_CODE: NumberRule = { least: 200, most: 599 };

/** What the numbers of each kind may be. Also the list of the kinds. */
const RULES: { readonly [Kind in FaultKind]: Readonly<Record<string, NumberRule>> } = {
  'latency': { millis: DURATION },
  'limited': { concurrency: { least: 1 }, serviceMillis: DURATION, itemMillis: { ...DURATION, optional: true } },
  'status': { code: STATUS_CODE },
  'reset': {},
  'reset-mid-request': {},
  'close-before-answer': {},
  'not-http': {},
  'hang': {},
  'slow-drip': { bytesPerSecond: { least: 1 }, bytes: { least: 1, optional: true } },
  'partial-success': { rejected: { least: 0 } },
  'max-body': { bytes: { least: 0 } },
  'huge-response': { bytes: { least: 1 } },
  'garbage-response': {},
  'answer-before-body': { code: { ...STATUS_CODE, optional: true } },
  'poison': {},
};

/**
 * A mistyped fault would make a test pass for the wrong reason, so it is refused where it is set.
 * @throws TypeError for an unknown kind or a missing number, RangeError for a number out of range
 */
export function checkFault(fault: Fault): void {
  if (!Object.hasOwn(RULES, fault.kind)) throw new TypeError(`fault.kind: unknown, got ${fault.kind}`);
  if (fault.kind === 'poison') {
    if (!fault.id) throw new TypeError(`poison.id: expected the id of an item, got ${fault.id}`);
    checkFault(fault.fault);
  }
  const given = new Map<string, unknown>(Object.entries(fault));
  const rules = { ...RULES[fault.kind], latencyMillis: { ...DURATION, optional: true } };
  for (const [name, rule] of Object.entries(rules)) {
    const value = given.get(name);
    if (value === undefined && rule.optional) continue;
    if (typeof value !== 'number') throw new TypeError(`${fault.kind}.${name}: expected a number, got ${String(value)}`);
    const most = rule.most ?? Number.MAX_SAFE_INTEGER;
    if (!(value >= rule.least && value <= most)) {
      throw new RangeError(`${fault.kind}.${name}: expected ${rule.least} to ${most}, got ${value}`);
    }
  }
}
