import { setTimeout as pause } from 'node:timers/promises';

/** What the loop becomes if it loses nothing, sends rows that wait for others, and stops an attempt that hangs. */
export async function store<Row>(
  source: AsyncIterable<Row>,
  save: (rows: Row[], signal: AbortSignal) => Promise<void>,
): Promise<void> {
  let rows: Row[] = [];
  let saving: Promise<void> = Promise.resolve();
  const saveUntilItWorks = async (batch: Row[]): Promise<void> => {
    for (let wait = 1; ; wait = Math.min(wait * 2, 5_000)) {
      try {
        return await save(batch, AbortSignal.timeout(30_000));
      } catch (error) {
        console.error('not saved yet:', error);
        await pause(wait * (0.5 + Math.random() / 2));
      }
    }
  };
  const saveRows = (): Promise<void> => {
    const batch = rows;
    rows = [];
    if (batch.length > 0) saving = saving.then(() => saveUntilItWorks(batch));
    return saving;
  };
  const timer = setInterval(() => void saveRows(), 1_000);
  try {
    for await (const row of source) {
      rows.push(row);
      if (rows.length >= 100) await saveRows();
    }
  } finally {
    clearInterval(timer);
    await saveRows();
  }
}
