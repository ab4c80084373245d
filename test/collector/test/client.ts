import { type Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface PostOptions {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

/** Starts a request whose body is not written yet. */
export function open(url: string, options: PostOptions = {}): ClientRequest {
  return request(url + (options.path ?? '/v1/traces'), {
    method: options.method ?? 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...options.headers },
    ...(options.agent === undefined ? {} : { agent: options.agent }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Sends one request over `node:http`. Rejects with the socket's error. */
export async function post(url: string, body: Uint8Array, options: PostOptions = {}): Promise<Answer> {
  const sent = open(url, options);
  sent.end(body);
  return answerTo(sent);
}

/** The error of a rejection. It is handled from the start, so it may come while a test waits for something else. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

export async function answerTo(sent: ClientRequest): Promise<Answer> {
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (response === undefined) throw new Error('no response');
  return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
}
