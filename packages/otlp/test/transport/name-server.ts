import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A name server's answer to a question: addresses of IPv4, no such name, or silence. */
export type DnsAnswer = readonly string[] | 'unknown' | 'silence';

export interface LocalNameServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** `name/A` or `name/AAAA`, in order, including repetitions. */
  readonly questions: readonly string[];
  close(): void;
}

const HEADER_BYTES = 12;
const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA' };

/** A name server on this machine. RFC 1035 section 4 defines the form of its messages. */
export async function startNameServer(
  answerTo: (name: string, type: string) => DnsAnswer,
  port = 0,
): Promise<LocalNameServer> {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, asker) => {
    const { name, end } = nameAt(message, HEADER_BYTES);
    const type = TYPES[message.readUInt16BE(end)] ?? '';
    questions.push(`${name}/${type}`);
    const answer = answerTo(name, type);
    if (answer !== 'silence') socket.send(response(message, end + 4, answer), asker.port, asker.address);
  });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, questions, close: () => void socket.close() };
}

function nameAt(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

function response(question: Buffer, end: number, answer: Exclude<DnsAnswer, 'silence'>): Buffer {
  const addresses = answer === 'unknown' ? [] : answer;
  const header = Buffer.from(question.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(answer === 'unknown' ? 0x8183 : 0x8180, 2);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt32BE(0, 8);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, HEADER_BYTES, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([header, question.subarray(HEADER_BYTES, end), ...records]);
}
