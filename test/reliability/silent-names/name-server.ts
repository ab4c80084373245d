/**
 * A name server on 127.0.0.1:53 that knows one name and does not answer questions about others.
 * https://www.rfc-editor.org/rfc/rfc1035#section-4
 */
import { createSocket } from 'node:dgram';

const [known] = process.argv.slice(2);
const HEADER_BYTES = 12;
const TYPE_A = 1;
/** A response; recursion is desired and available; no error. */
const RESPONSE_FLAGS = 0x8180;

const socket = createSocket('udp4');
socket.on('message', (query, { port, address }) => {
  const { name, end } = questionOf(query);
  if (name === known) socket.send(answerTo(query, end), port, address);
});
socket.bind(53, '127.0.0.1');

/** The name of the question, and its end: after the name come two bytes for the type and two for the class. */
function questionOf(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 5 };
}

/** Answers with 127.0.0.1, and with no IPv6 address. */
function answerTo(query: Buffer, end: number): Buffer {
  const isForAddress = query.readUInt16BE(end - 4) === TYPE_A;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(RESPONSE_FLAGS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isForAddress ? 1 : 0, 6);
  // The name as in the question, type A, class IN, a time to live of 0, and 4 bytes.
  const answer = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...(isForAddress ? [answer] : [])]);
}
