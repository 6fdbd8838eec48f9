import { RATE_ONE, rate } from '@lockstep/kernel';
import { defaultCopySettings } from '@lockstep/roster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountStage, accountStage } from './testing/account-stage';
import { eventually, type Rig, startRig } from './testing/rig';

const LEADER = `0x${'d4'.repeat(20)}`;
const FOLLOWER = `0x${'d5'.repeat(20)}`;
const COIN = 'ETH';
const RATIO = { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) } as const;

describe('a loss limit whose exits left, and whose engine died before it could write down the state of the copy', () => {
  let rig: Rig;
  let stage: AccountStage;
  let copyId: Awaited<ReturnType<AccountStage['tenant']['copy']>>;

  beforeAll(async () => {
    rig = await startRig();
    stage = await accountStage(rig, LEADER);
    const leader = await stage.tenant.leader(LEADER);
    const follower = await stage.tenant.follower(FOLLOWER, '20000');
    const breaker = { ...defaultCopySettings().breaker, trailing: rate(RATE_ONE / 10n), closeAfterMarks: 1, protectiveStop: false };
    const settings = { mode: RATIO, breaker, maxAgeMs: 10_000, catchUpMs: 120_000 };
    copyId = await stage.tenant.copy(leader, follower, { allocation: 5_000n, settings });
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  const copyRow = () => rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: copyId }));
  const inState = (expected: string) => eventually(`it is ${expected}`, async () => ((await copyRow())?.state === expected ? true : null));
  const price = (value: number) => rig.venue.control('/worlds/main/prices', { prices: [{ coin: COIN, price: String(value) }] });
  const holds = (expected: number) =>
    eventually(`it holds ${expected}`, async () => (Math.abs((await stage.held(FOLLOWER, COIN)) - expected) < 1e-9 ? true : null));

  /** Keeps the copy's row from being written while `work` runs. */
  const withRowHeld = (work: () => Promise<void>) =>
    rig.storage.scoped(stage.tenant.scope, async (unit) => {
      await unit.copies.update({ id: copyId }, { updatedAt: unit.now });
      await work();
    });

  it('closes the copy in the next process too, although the market came back, once and until it is enabled again', async () => {
    const doomed = await rig.startEngine();
    await inState('active');
    await stage.trade(COIN, 'buy', '10');
    await holds(1);
    await eventually('it is booked', async () =>
      (await rig.storage.scoped(stage.tenant.scope, (unit) => unit.journal.unfinished(0, 10))).length === 0 ? true : null,
    );
    await rig.venue.control('/worlds/main/faults', { target: 'exchange', type: 'order', effect: { kind: 'silence' }, when: 'before', count: null });
    await withRowHeld(async () => {
      await price(1_400);
      await eventually('the exit is written down', async () =>
        (await rig.storage.scoped(stage.tenant.scope, (unit) => unit.journal.unfinished(0, 10))).length > 0 ? true : null,
      );
      await doomed.kill();
    });
    await rig.venue.endFaults();
    await price(2_000);
    expect((await copyRow())?.state).toBe('active');
    await rig.startEngine();
    await holds(0);
    await inState('breaker_closed');
    expect((await copyRow())?.stateReason).toBe('breaker_trailing');
    expect(await stage.events('breaker.triggered', copyId, '"action":"close"')).toBe(1);
    await stage.trade(COIN, 'sell', '10');
    await stage.trade(COIN, 'buy', '5');
    await stage.told(1, 'order.denied', copyId, '"breaker"');
    expect(await stage.held(FOLLOWER, COIN)).toBe(0);
  }, 120_000);
});
