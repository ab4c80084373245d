/** The fields that faults have in common. */
interface Delayed {
  /**
   * Milliseconds between the last byte of the request and the start of the fault. Any number of requests wait in
   * parallel.
   */
  readonly latencyMillis?: number;
}

/** A server may keep the items and then lose the connection. The client's retry is then a duplicate. */
interface MayKeepItems {
  /** Whether the items are accepted before the connection is lost. Default: false. */
  readonly keepsItems?: boolean;
}

/** Answers 200 after `millis`; any number of requests in parallel. */
export interface LatencyFault extends Delayed {
  readonly kind: 'latency';
  readonly millis: number;
}

/**
 * Serves `concurrency` requests at a time, each for `serviceMillis` plus `itemMillis` for each item. The others wait in
 * the order in which their bodies were complete. If a client leaves while its request is being served, the request
 * keeps its place to the end, like work that is not cancelled. Requests with the same fault object share its places.
 */
export interface LimitedFault extends Delayed {
  readonly kind: 'limited';
  readonly concurrency: number;
  readonly serviceMillis: number;
  /** Default: 0. */
  readonly itemMillis?: number;
  /**
   * Whether requests are served even if their client left while they waited, as by a server that reads ahead. Default:
   * false.
   */
  readonly servesAbandoned?: boolean;
}

/** Answers with any status from 200 to 599. Below 300 the items are accepted. */
export interface StatusFault extends Delayed {
  readonly kind: 'status';
  readonly code: number;
  /** The exact `Retry-After` header: seconds, an HTTP date, or garbage. */
  readonly retryAfter?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: a protobuf `google.rpc.Status` from 400 on, and an empty body below. */
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

/** Reads the request, then closes the connection cleanly, without an answer. */
export interface CloseBeforeAnswerFault extends Delayed, MayKeepItems {
  readonly kind: 'close-before-answer';
}

/** Reads the request, answers with bytes that are not HTTP, and closes the connection. */
export interface NotHttpFault extends Delayed, MayKeepItems {
  readonly kind: 'not-http';
}

/** Reads the request and never answers. The client has to leave. */
export interface HangFault {
  readonly kind: 'hang';
}

/** Accepts the items, then sends the body of the answer bit by bit. The body is valid and means full success. */
export interface SlowDripFault extends Delayed {
  readonly kind: 'slow-drip';
  readonly bytesPerSecond: number;
  /** Length of that body. Default: 64. */
  readonly bytes?: number;
}

/** Accepts all but the last `rejected` items and reports that. */
export interface PartialSuccessFault extends Delayed {
  readonly kind: 'partial-success';
  readonly rejected: number;
  readonly message?: string;
}

/** Answers 413 to a body longer than `bytes` after decompression. A smaller body is accepted. */
export interface MaxBodyFault extends Delayed {
  readonly kind: 'max-body';
  readonly bytes: number;
}

/** Accepts the items, and answers with a body of `bytes`. It decodes to an empty message. */
export interface HugeResponseFault extends Delayed {
  readonly kind: 'huge-response';
  readonly bytes: number;
  /** Whether a header gives the length, so that a client may refuse the body unread. Default: false, chunked. */
  readonly declaresLength?: boolean;
}

/** Accepts the items, and answers with a body that is not protobuf although its content type says so. */
export interface GarbageResponseFault extends Delayed {
  readonly kind: 'garbage-response';
}

/** Answers as soon as the headers have arrived, then goes on reading. A `code` below 300 accepts the items. */
export interface AnswerBeforeBodyFault {
  readonly kind: 'answer-before-body';
  /** Default: 200. */
  readonly code?: number;
}

/** A fault for each request that carries one certain item. Every other request is accepted. */
export interface PoisonFault {
  readonly kind: 'poison';
  /** The id of the item: a span id in hex, the `log.record.uid` of a log record, or the series of a data point. */
  readonly id: string;
  /** The fault of these requests. */
  readonly fault: ReadFault;
}

/** The fault of one request. A plain object, so that it can be sent to another process. */
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

/** The allowed numbers of each kind of fault. Also the list of kinds. */
const RULES: { readonly [Kind in FaultKind]: Readonly<Record<string, NumberRule>> } = {
  latency: { millis: DURATION },
  limited: { concurrency: { least: 1 }, serviceMillis: DURATION, itemMillis: { ...DURATION, optional: true } },
  status: { code: STATUS_CODE },
  reset: {},
  'reset-mid-request': {},
  'close-before-answer': {},
  'not-http': {},
  hang: {},
  'slow-drip': { bytesPerSecond: { least: 1 }, bytes: { least: 1, optional: true } },
  'partial-success': { rejected: { least: 0 } },
  'max-body': { bytes: { least: 0 } },
  'huge-response': { bytes: { least: 1 } },
  'garbage-response': {},
  'answer-before-body': { code: { ...STATUS_CODE, optional: true } },
  poison: {},
};

/**
 * Refuses a mistyped fault when it is set, because it would make a test pass for the wrong reason.
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
    if (typeof value !== 'number')
      throw new TypeError(`${fault.kind}.${name}: expected a number, got ${String(value)}`);
    const most = rule.most ?? Number.MAX_SAFE_INTEGER;
    if (!(value >= rule.least && value <= most)) {
      throw new RangeError(`${fault.kind}.${name}: expected ${rule.least} to ${most}, got ${value}`);
    }
  }
}
