import type { OutgoingRequest } from '@spillway/otlp/transport';
import type { HandOver } from '@spillway/pipeline';
import { joinedBody } from '../../../otlp/src/transport/request-body.ts';

/** A request with a copy of its body, which stays valid after the hand-over. */
export interface HandedOver extends Omit<OutgoingRequest, 'body'> {
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Takes everything that a pipeline hands over. */
export function handedOver(pipeline: HandOver): HandedOver[] {
  const requests: HandedOver[] = [];
  const take = (request: OutgoingRequest): boolean => requests.push({ ...request, body: joinedBody(request.body) }) > 0;
  while (pipeline.handOverNext(take));
  return requests;
}
