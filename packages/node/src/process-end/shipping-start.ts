import { type ShippingTerms, termsFrame } from './shipping-frames.ts';

/** The text of shipping-program/main.ts and everything that it imports. The build and the test runner put it here: see bundle-shipping-program.ts. */
declare const SHIPPING_PROGRAM: string;

/** The process that ships prints this when it begins. It shows that the executable still is what it was. */
export const GREETING = 'ready';

/**
 * The text that the process is started with, by `--eval`. It runs the program that comes first on its standard input, because
 * Windows allows only 32 767 characters in a command line. The input is read as in shipping-program/frame-input.ts.
 */
export const STARTER = [
  'const fs=require("node:fs");',
  `fs.writeSync(1,"${GREETING}");`,
  'const read=(length)=>{',
  'const bytes=Buffer.allocUnsafe(length);',
  'for(let at=0,count;at<length;at+=count){',
  'count=fs.readSync(0,bytes,at,length-at,null);',
  'if(count===0)process.exit();',
  '}',
  'return bytes;',
  '};',
  'Function("require",read(read(4).readUInt32LE(0)).toString())(require);',
].join('');

/** What the process gets before the first request: the program, and its terms. */
export function startFrames(terms: ShippingTerms): readonly Uint8Array[] {
  const program = Buffer.from(SHIPPING_PROGRAM);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(program.length);
  return [length, program, termsFrame(terms)];
}
