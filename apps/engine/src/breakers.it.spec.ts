import { RATE_ONE, rate } from '@lockstep/kernel';
import { defaultCopySettings } from '@lockstep/roster';
import { equitiesOf } from '@lockstep/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountStage, accountStage } from './testing/account-stage';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';

const LEADER = `0x${'d2'.repeat(20)}`;
const FOLLOWER = `0x${'d3'.repeat(20)}`;
const COIN = 'ETH';
const RATIO = { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) } as const;
const share = (percent: bigint) => rate((RATE_ONE * percent) / 100n);

describe('a trailing loss limit of ten percent, alerted at half of it and halting at three quarters', () => {
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
    const breaker = { ...defaultCopySettings().breaker, trailing: share(10n), alertAt: share(50n), haltNewAt: share(75n), closeAfterMarks: 2 };
    const settings = { mode: RATIO, breaker, maxAgeMs: 10_000, catchUpMs: 120_000 };
    copyId = await stage.tenant.copy(leader, follower, { allocation: 5_000n, settings });
    await eventually('the copy is active', async () => ((await state()).state === 'active' ? true : null));
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  const state = async () => {
    const copy = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: copyId }));
    return { state: copy?.state, reason: copy?.stateReason };
  };
  const price = (value: number) => rig.venue.control('/worlds/main/prices', { prices: [{ coin: COIN, price: String(value) }] });
  const holds = (expected: number) =>
    eventually(`it holds ${expected}`, async () => (Math.abs((await stage.held(FOLLOWER, COIN)) - expected) < 1e-9 ? true : null));
  const told = (action: string) => stage.told(1, 'breaker.triggered', copyId, '"limit":"trailing"', `"action":"${action}"`);

  it('takes its steps as the market falls from the highest value: told, halted, and released as it comes back', async () => {
    await stage.trade(COIN, 'buy', '10');
    await holds(1);
    await price(2_100);
    await eventually('the highest value is written down', async () => ((await highest()) > 1.03e12 ? true : null));
    // About 5,180 at the highest; 270 lost.
    await price(1_830);
    await told('alert');
    await price(1_700);
    await told('halt_new');
    await stage.trade(COIN, 'buy', '1');
    await stage.told(1, 'order.denied', copyId, '"breaker"');
    expect(await stage.held(FOLLOWER, COIN)).toBe(1);
    // Exits are followed all the same: a tenth of eleven.
    await stage.trade(COIN, 'sell', '1.1');
    await holds(0.9);
    await price(1_950);
    await told('release');
    await stage.trade(COIN, 'buy', '1');
    await holds(1);
    expect(await state()).toEqual({ state: 'active', reason: 'prepared' });
  });

  it('counts from the highest value of before a restart, closes everything and says why', async () => {
    await engine.kill();
    engine = await rig.startEngine();
    await price(1_560);
    await told('close');
    await holds(0);
    await eventually('its state is written', async () => ((await state()).state === 'breaker_closed' ? true : null));
    expect((await state()).reason).toBe('breaker_trailing');
    await stage.trade(COIN, 'buy', '1');
    await stage.told(2, 'order.denied', copyId, '"breaker"');
    expect(await stage.held(FOLLOWER, COIN)).toBe(0);
  });

  it('counts anew once the follower enabled it again', async () => {
    await stage.trade(COIN, 'sell', '11.9');
    const no = await stage.tenant.command('copy.re_enable', copyId);
    await eventually('it is active', async () => ((await state()).state === 'active' ? true : null));
    expect(no).toBeGreaterThan(0n);
    await stage.trade(COIN, 'buy', '5');
    await holds(0.5);
    expect((await state()).state).toBe('active');
  });

  it('counts from the highest value it comes to while the start still waits for what the process before left open', async () => {
    await engine.kill();
    const doomed = await rig.startEngine({ LOCKSTEP_CRASH_AT: 'partly_answered_first_bulk' });
    await stage.trade(COIN, 'buy', '1');
    expect(await doomed.exited).toBeNull();
    await rig.venue.control('/worlds/main/faults', { target: 'info', type: 'userFillsByTime', effect: { kind: 'status', status: 502 }, count: null });
    let isReady = false;
    const starting = rig.startEngine().finally(() => (isReady = true));
    await price(2_000);
    await eventually('the highest value is written down', async () => ((await highest()) > 1.03e12 ? true : null));
    expect(isReady).toBe(false);
    await rig.venue.endFaults();
    engine = await starting;
    await holds(0.6);
  });

  const highest = async (): Promise<number> => {
    const equities = await rig.storage.scoped(stage.tenant.scope, async (unit) => equitiesOf(unit, await unit.copies.find({ id: copyId })));
    return Number([...equities.values()][0]?.referenceNav ?? 0n);
  };
});
