import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** Runs a program of these tests, until it ends by itself. If the test ends before, it is killed. */
export async function runChild(file: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const running = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void running.kill('SIGKILL'));
  let output = '';
  running.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const [code] = (await once(running, 'close')) as [number | null];
  return { code, output };
}
