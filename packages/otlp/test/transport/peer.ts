import type { Socket } from 'node:net';

/** A request that a peer has read to its end. */
export interface PeerRequest {
  /** Decompressed. */
  readonly body: Buffer;
  readonly isCompressed: boolean;
  /** Of HTTP, or the metadata of gRPC. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Why a peer does not take a request. */
export type Refusal = 'unauthenticated' | 'forbidden' | 'invalid' | 'too large' | 'unavailable';

/** The ways to answer a request. */
export interface PeerAnswer {
  /** @param response of OTLP; by default an empty one */
  accept(response?: Uint8Array): void;
  refuse(refusal: Refusal, rest?: { readonly message?: string; readonly retryAfterSeconds?: number | undefined }): void;
  /** Closes the connection. */
  cut(): void;
}

/** How a peer reacts to a request. One that does nothing never answers. */
export type Reaction = (answer: PeerAnswer, request: PeerRequest) => void;

/** A server of some protocol that reads each request to its end and then reacts. It is closed at the end of the test. */
export interface Peer {
  readonly port: number;
  /** A URL of `127.0.0.1`. */
  readonly url: string;
  /** In order. */
  readonly requests: readonly PeerRequest[];
  /** Connections ever accepted. */
  readonly connections: readonly Socket[];
  /** Resolves when this many connections have closed. */
  closed(count: number): Promise<void>;
}

/** A protocol between a transport and its peers. */
export interface TestedWire {
  start(reaction: Reaction): Promise<Peer>;
  /** The name of the error of a refusal. */
  readonly errorName: 'HttpStatusError' | 'GrpcStatusError';
  /** What the error of an answer in another protocol says. */
  readonly notSpoken: string;
  /** What a server sends first, before it has read anything. Default: nothing. */
  readonly greeting?: Buffer;
}
