import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrashPoint } from './crash-points';
import { type CopiedLeader, copiedLeader } from './testing/pair';
import { ENGINE_ENTRY, type Rig, startRig } from './testing/rig';

describe('kill -9 and restart lose nothing and double nothing', () => {
  let rig: Rig;
  let pair: CopiedLeader;
  let held = 0;

  beforeAll(async () => {
    rig = await startRig();
    const engine = await rig.startEngine();
    pair = await copiedLeader(rig, 3);
    await engine.kill();
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  it.each<[CrashPoint, 'buy' | 'sell']>([
    ['planned_inbox_committed', 'buy'],
    ['journaled_first_scope', 'sell'],
    ['partly_answered_first_bulk', 'buy'],
    ['outcomes_written_first_scope', 'sell'],
    ['ledger_written_first_scope', 'buy'],
  ])(
    'killed at %s',
    async (point, side) => {
      const doomed = await rig.startEngine({ LOCKSTEP_CRASH_AT: point }, ENGINE_ENTRY);
      held += side === 'buy' ? 0.2 : -0.2;
      await pair.trade(side, '2');
      expect(await doomed.exited).toBeNull();
      // Nobody listens there: a Redis that is away holds up no recovery.
      const healthy = await rig.startEngine({ REDIS_URL: 'redis://127.0.0.1:1' }, ENGINE_ENTRY);
      await pair.settled(held);
      for (const { tenant, copyId, address } of pair.followers) {
        const facts = await rig.storage.scoped(tenant.scope, async (unit) => ({
          positions: (await unit.positions.ofCopies()).map((position) => position.position),
          orders: (await unit.orders.page({ limit: 1_000, after: null, order: 'oldest_first' })).rows.filter((order) => order.copyId === copyId),
          fills: await unit.fills.count(copyId),
          broken: await unit.ledger.firstBrokenLink(),
        }));
        const net = facts.orders.reduce((sum, order) => sum + (order.side === 'buy' ? order.filledSize : -order.filledSize), 0n);
        expect(Number(net) / 1e8).toBeCloseTo(await pair.position(address), 9);
        expect(facts.broken).toBeNull();
      }
      await healthy.kill();
    },
    300_000,
  );
});
