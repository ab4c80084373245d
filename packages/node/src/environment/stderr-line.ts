let pending = 0;
let isGone = false;

/**
 * Writes a line to stderr. Whoever reads it may be gone, and that must not end the application, as an error of the
 * stream that nobody listens to would: it is listened to while we write, and nothing is written after the first one.
 */
export function writeOnStderr(line: string): void {
  if (isGone) return;
  const { stderr } = process;
  if (pending === 0) stderr.on('error', ignore);
  pending += 1;
  stderr.write(`${line}\n`, (error) => {
    // The event follows; there may be one for each line that was under way, so we listen on.
    if (error != null) isGone = true;
    if (isGone) return;
    pending -= 1;
    if (pending === 0) stderr.off('error', ignore);
  });
}

function ignore(): void {}
