import { unwrap } from '@lockstep/kernel';
import { decodeJournal } from '@lockstep/replication';
import { egressStandingSchema } from '@lockstep/venues/egress';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CopiedLeader, copiedLeader } from './testing/pair';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';

const FOLLOWERS = 4;

/* An engine under the limits of a simulated venue that enforces them, from three egress addresses. Needs the built processes. */
describe('an engine under limits', () => {
  let rig: Rig;
  let pair: CopiedLeader;
  let engine: TestProcess;

  beforeAll(async () => {
    rig = await startRig(['--limits', 'on', '--posts-spend-weight', 'on']);
    engine = await rig.startEngine({
      LOCKSTEP_SIM_RATE_LIMITS: 'on',
      LOCKSTEP_EGRESS: 'test:203.0.113.1,test:203.0.113.2,test:203.0.113.3',
      LOCKSTEP_RECONCILE_INTERVAL_MS: '1000',
    });
    pair = await copiedLeader(rig, FOLLOWERS);
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  it('follows as without them, is refused nothing, and tells how its addresses stand', async () => {
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    await pair.trade('sell', '2');
    await pair.settled(0);
    const standing = await eventually('the addresses are told of', async () => {
      const row = await rig.storage.platform((unit) => unit.markets.egress('hyperliquid', 'sim'), { readOnly: true });
      return row === null ? null : egressStandingSchema.parse(row.standing);
    });
    expect(standing.addresses.map(({ label, refusals }) => [label, refusals])).toEqual([1, 2, 3].map((no) => [`test:203.0.113.${no}`, 0]));
    expect(engine.lines.filter(({ msg }) => msg === 'venue_egress_paused' || msg === 'venue_reads_refused')).toEqual([]);
  });

  it('journals the address of each order, and when the wave was to end', async () => {
    const rows = await Promise.all(
      pair.tenants.map(({ scope }) =>
        rig.storage.scoped(
          scope,
          async (unit) => {
            const leaders = await unit.leaders.find({});
            return (await Promise.all(leaders.map(({ id }) => unit.journal.ofLeader(id, null, 100)))).flat();
          },
          { readOnly: true },
        ),
      ),
    );
    const journaled = rows
      .flat()
      .map(({ packed }) => unwrap(decodeJournal(new Uint8Array(packed)), 'a journal row'))
      .filter(({ orders }) => orders.count > 0);
    expect(journaled.length).toBeGreaterThan(0);
    const numbers = new Set(journaled.flatMap(({ orders }) => [...orders.egress.subarray(0, orders.count)]));
    expect([...numbers].every((no) => no >= 1 && no <= 3)).toBe(true);
    for (const row of journaled) expect(row.forecastEnd).toBeGreaterThanOrEqual(Math.floor(row.plannedAt));
  });
});
