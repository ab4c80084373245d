/** Measures what libraries take to hand items in batches to an asynchronous consumer: all in one process, in turn. */
import { BATCH, HAND_OVERS } from './hand-overs.ts';
import { LibraryTurns } from './library-turns.ts';
import type { LibraryFigures, LibraryTurn } from './protocol.ts';

/** Whole batches, so that no library waits for a last one to fill. */
const ITEMS = 400 * BATCH;
const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;

const contenders = Object.entries(HAND_OVERS).map(([name, make]) => ({
  name,
  library: new LibraryTurns(make),
  turns: [] as LibraryTurn[],
}));
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
  for (const { library, turns } of contenders) {
    const turn = await library.turn(ITEMS);
    if (round >= 0) turns.push(turn);
  }
}
const figures: LibraryFigures = {
  turns: Object.fromEntries(contenders.map(({ name, turns }) => [name, turns])),
  problems: contenders.flatMap(({ name, library }) => library.end().map((problem) => `${name}: ${problem}`)),
};
console.log(JSON.stringify(figures));
