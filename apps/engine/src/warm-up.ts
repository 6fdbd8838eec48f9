import { Rehearsal } from '@lockstep/replication';
import { gate } from '@lockstep/risk';

const COPIES = 1_000;
const SCOPES = 3;
const WAVES = 48;

/** Compiled code serves every engine of a process. */
let warm = false;

/**
 * Plans, judges and encodes made-up waves, so that the first real one after a start meets compiled code: uncompiled, planning 10,000 copies takes
 * twenty to forty times as long (`npm run bench -- plan --runs 1` against `--runs 50`). Touches nothing but processor time.
 */
export function warmUp(): void {
  if (warm) return;
  warm = true;
  const rehearsal = new Rehearsal(COPIES, SCOPES, true);
  for (let wave = 0; wave < WAVES; wave += 1) {
    const plan = rehearsal.plan();
    const facts = rehearsal.facts(plan);
    if (facts !== null) gate(plan.orders, facts);
    rehearsal.encode(plan);
    rehearsal.fill(plan);
  }
}
