import { Rehearsal } from '@lockstep/replication';
import { gate } from '@lockstep/risk';

const COPIES = 1_000;
const SCOPES = 3;
const WAVES = 48;
/** Copies and number of the books that are planned for once before. */
const FIRST_COPIES = 50;
const FIRST_BOOKS = 2;

/** Compiled code serves every engine of a process. */
let warm = false;

/**
 * Plans, judges and encodes made-up waves, so that the first real one after a start meets compiled code: uncompiled, planning 10,000 copies takes
 * twenty to forty times as long (`npm run bench -- plan --runs 1` against `--runs 50`). Touches nothing but processor time.
 *
 * Two small books come first. V8 compiles code for what it has seen of an object's fields, and throws it away where a second object shows more: code compiled for
 * the first book of a process is lost at the next one, and a wave's first planning would begin anew.
 */
export function warmUp(): void {
  if (warm) return;
  warm = true;
  for (let book = 0; book < FIRST_BOOKS; book += 1) rehearse(new Rehearsal(FIRST_COPIES, SCOPES, true));
  const rehearsal = new Rehearsal(COPIES, SCOPES, true);
  for (let wave = 0; wave < WAVES; wave += 1) rehearse(rehearsal);
}

function rehearse(rehearsal: Rehearsal): void {
  const plan = rehearsal.plan();
  const facts = rehearsal.facts(plan);
  if (facts !== null) gate(plan.orders, facts);
  rehearsal.encode(plan);
  rehearsal.fill(plan);
}
