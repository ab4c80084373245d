import type { OtlpTransport } from '../../src/transport/transport.ts';

/** Sends one request, for a process that has nothing else to do. Prints `sent`, and what became of it if it is awaited. */
export async function sendOnce(
  transport: OtlpTransport,
  wait: { readonly forAnswer: boolean; readonly millis: number },
) {
  const sending = transport.send({ chunks: [new Uint8Array(1000)], byteLength: 1000 }, new AbortController().signal);
  process.stdout.write('sent\n');
  if (!wait.forAnswer) {
    void sending;
    // Long enough for the request to reach the state that the test has prepared.
    setTimeout(() => {}, wait.millis);
    return;
  }
  // Something must keep the process alive until then, because the request does not.
  const hold = setInterval(() => {}, 1000);
  const { kind } = await sending;
  clearInterval(hold);
  process.stdout.write(`${kind}\n`);
}
