import { expect, it } from 'vitest';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

it.skipIf(process.platform !== 'linux')('worker threads that exit at once leak no file descriptor', async () => {
  const program = `
    import { readdirSync } from 'node:fs';
    import { Worker, isMainThread } from 'node:worker_threads';
    import { fileURLToPath } from 'node:url';
    start({ application });
    // Late enough for background work of the start to have begun, too early for it to end.
    if (!isMainThread) for (let turn = Number(process.argv[2]); ; turn -= 1) await (turn > 0 ? new Promise(setImmediate) : process.exit(0));
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const runWorker = (turns) => new Promise((resolve) => new Worker(fileURLToPath(import.meta.url), { argv: [turns] }).on('exit', resolve));
    await runWorker(0);
    const before = descriptors();
    for (let turns = 0; turns < 6; turns += 1) await runWorker(turns);
    console.log(descriptors() - before);`;
  expect(await programs.run(program, { OTEL_LOG_LEVEL: 'error' })).toEqual({ code: 0, stdout: '0\n', stderr: '' });
});
