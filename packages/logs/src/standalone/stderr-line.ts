let pending = 0;
let isGone = false;

/**
 * Writes a line to stderr. The reader of stderr may be gone. Without a listener, the stream's error would then end the
 * application, so there is a listener while we write. After the first error, nothing is written any more.
 */
export function writeOnStderr(line: string): void {
  if (isGone) return;
  const { stderr } = process;
  if (pending === 0) stderr.on('error', ignore);
  pending += 1;
  stderr.write(`${line}\n`, (error) => {
    // The error event follows, perhaps one for each pending line, so keep listening.
    if (error != null) isGone = true;
    if (isGone) return;
    pending -= 1;
    if (pending === 0) stderr.off('error', ignore);
  });
}

function ignore(): void {}
