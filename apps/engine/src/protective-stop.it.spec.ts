import { RATE_ONE, rate, UNIT } from '@lockstep/kernel';
import { defaultCopySettings } from '@lockstep/roster';
import { standingOrders } from '@lockstep/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AccountStage, accountStage } from './testing/account-stage';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';

const LEADER = `0x${'e2'.repeat(20)}`;
const FOLLOWER = `0x${'e3'.repeat(20)}`;
const COIN = 'ETH';
const RATIO = { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) } as const;

const openOrders = z.array(z.object({ coin: z.string(), triggerPx: z.string(), sz: z.string(), reduceOnly: z.boolean(), isTrigger: z.boolean() }));

describe('a protective stop of a copy that may lose five hundred of five thousand', () => {
  let rig: Rig;
  let engine: TestProcess;
  let stage: AccountStage;
  let copyId: Awaited<ReturnType<AccountStage['tenant']['copy']>>;

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine();
    stage = await accountStage(rig, LEADER);
    const leader = await stage.tenant.leader(LEADER);
    const follower = await stage.tenant.follower(FOLLOWER, '20000');
    const breaker = { ...defaultCopySettings().breaker, fromStart: rate(RATE_ONE / 10n) };
    const settings = { mode: RATIO, breaker, maxAgeMs: 10_000, catchUpMs: 120_000 };
    copyId = await stage.tenant.copy(leader, follower, { allocation: 5_000n, settings });
    await eventually('the copy is active', async () => ((await state()).state === 'active' ? true : null));
    await price(2_000);
    await eventually('the price stands', async () => (Math.abs((await stage.mid(COIN)) - 2_000) < 2 ? true : null));
  }, 300_000);
  afterAll(async () => {
    console.log(
      engine.errors(),
      engine.lines
        .slice(-60)
        .map((line) => JSON.stringify(line))
        .join('\n'),
    );
    await rig?.close();
  });

  const state = async () => {
    const copy = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: copyId }));
    return { state: copy?.state, reason: copy?.stateReason };
  };
  const price = (value: number) => rig.venue.control('/worlds/main/prices', { prices: [{ coin: COIN, price: String(value) }] });
  const holds = (expected: number) =>
    eventually(`it holds ${expected}`, async () => (Math.abs((await stage.held(FOLLOWER, COIN)) - expected) < 1e-9 ? true : null));
  const stops = async () => openOrders.parse(await rig.venue.info({ type: 'frontendOpenOrders', user: FOLLOWER }));
  const stands = (what: string, found: (size: number, trigger: number) => boolean) =>
    eventually(what, async () => {
      const [only, ...more] = await stops();
      if (only === undefined || more.length > 0 || !only.reduceOnly || !only.isTrigger) return null;
      return found(Number(only.sz), Number(only.triggerPx)) ? only : null;
    });
  const written = () => rig.storage.scoped(stage.tenant.scope, standingOrders);

  it('rests at the venue where the limit would be met, and follows the position', async () => {
    await stage.trade(COIN, 'buy', '10');
    await holds(1);
    // A long of one loses five hundred at about 1,500.
    await stands('a stop of one', (size, trigger) => size === 1 && Math.abs(trigger - 1_500) < 25);
    await stage.trade(COIN, 'buy', '10');
    await holds(2);
    await stands('a stop of two, half as far', (size, trigger) => size === 2 && Math.abs(trigger - 1_750) < 25);
    await eventually('it is written as standing', async () => {
      const rows = await written();
      return rows.length === 1 && rows[0]?.status === 'standing' && rows[0].size === 2n * UNIT ? true : null;
    });
  });

  it('goes when the copy is flat, and comes with the next position', async () => {
    await stage.trade(COIN, 'sell', '20');
    await holds(0);
    await eventually('no stop stands', async () => ((await stops()).length === 0 && (await written()).length === 0 ? true : null));
    await stage.trade(COIN, 'buy', '20');
    await holds(2);
    await stands('a stop of two', (size) => size === 2);
  });

  it('holds the limit while no engine runs; the next one books it as the copy’s own, and the copy is broken and not entered again', async () => {
    await engine.kill();
    await price(1_600);
    await holds(0);
    engine = await rig.startEngine();
    await eventually('the copy is broken', async () => ((await state()).state === 'breaker_closed' ? true : null));
    expect((await state()).reason).toBe('breaker_from_start');
    await eventually('nothing of the stop is open', async () => ((await written()).length === 0 ? true : null));
    const { fills, orders, positions } = await rig.storage.scoped(stage.tenant.scope, async (unit) => ({
      fills: (await unit.fills.page({ limit: 50, after: null, order: 'newest_first' })).rows,
      orders: (await unit.orders.page({ limit: 50, after: null, order: 'newest_first' }, { status: 'filled' })).rows,
      positions: await unit.positions.ofCopies((await unit.copies.findOne({ id: copyId }))?.no ?? 0n),
    }));
    const stop = orders.find(({ leg }) => leg === 16);
    expect(Number(stop?.triggerPrice) / 1e8).toBeCloseTo(1_750, -2);
    expect(stop).toMatchObject({ side: 'sell', reduceOnly: true, size: 2n * UNIT, filledSize: 2n * UNIT });
    expect(fills.filter(({ orderId }) => orderId === stop?.id).reduce((sum, fill) => sum + fill.size, 0n)).toBe(2n * UNIT);
    expect(fills.filter(({ copyId: of }) => of === null)).toEqual([]);
    expect(positions.map(({ position, target, userClosed }) => [position, target, userClosed])).toEqual([[0n, 0n, false]]);
    await stage.told(1, 'breaker.triggered', copyId, '"action":"close"');
    await stage.trade(COIN, 'buy', '1');
    await stage.told(1, 'order.denied', copyId, '"breaker"');
    expect(await stage.held(FOLLOWER, COIN)).toBe(0);
  });
});
