import { nodeModule } from '../platform/node-modules.node.ts';
import type * as TranscoderModule from './transcoder.ts';

/** Where the transcoder is beside the file that this is built into. The build and the test runner put the path here. */
declare const TRANSCODER_FILE: string;

/**
 * The code that writes JSON, loaded in this turn, for those who cannot wait for an import.
 * @returns `undefined` in an application that a bundler has put into one file
 */
export function loadTranscoderNow(): typeof TranscoderModule | undefined {
  try {
    return nodeModule().createRequire(import.meta.url)(TRANSCODER_FILE) as typeof TranscoderModule;
  } catch {
    return undefined;
  }
}
