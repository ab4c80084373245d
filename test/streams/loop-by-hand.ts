/** The loop that is usually written: batches of 100, and an error is logged. */
export async function store<Row>(source: AsyncIterable<Row>, save: (rows: Row[]) => Promise<void>): Promise<void> {
  let rows: Row[] = [];
  const saveRows = async (): Promise<void> => {
    const batch = rows;
    rows = [];
    try {
      await save(batch);
    } catch (error) {
      console.error('not saved:', error);
    }
  };
  for await (const row of source) {
    rows.push(row);
    if (rows.length >= 100) await saveRows();
  }
  await saveRows();
}
