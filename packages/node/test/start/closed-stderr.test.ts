import { describe, expect, it } from 'vitest';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

describe('if stderr is closed', () => {
  it('the application runs on, whatever is logged', async () => {
    // A separate process, whose stderr is a pipe that is closed before anything is logged.
    const program = `
      const { spawn } = process.getBuiltinModule('node:child_process');
      const { once } = process.getBuiltinModule('node:events');
      if (process.argv[2] !== 'child') {
        const child = spawn(process.execPath, [process.argv[1], 'child'], { stdio: ['pipe', 'inherit', 'pipe'] });
        child.stderr.destroy();
        await once(child.stderr, 'close');
        child.stdin.end();
        console.log('ended with', (await once(child, 'exit'))[0]);
      } else {
        await once(process.stdin.resume(), 'end');
        start({ application, exit: 'none', traces: { exporters: ['none'] }, logs: { exporters: ['none'] } });
        setTimeout(() => { start(); setTimeout(() => { console.log('runs on'); process.exitCode = 6; }, 100); }, 100);
      }`;
    expect(await programs.run(program)).toMatchObject({ code: 0, stdout: 'runs on\nended with 6\n' });
  });
});
