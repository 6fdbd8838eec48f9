import { type CopyId, money, RATE_ONE, rate, UNIT } from '@lockstep/kernel';
import { type CopySettings, defaultCopySettings, encodeCopySettings } from '@lockstep/roster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AccountStage, accountStage } from './testing/account-stage';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';

const LEADER = `0x${'d1'.repeat(20)}`;
const COIN = 'ETH';
const TERMS = { maxAgeMs: 10_000, catchUpMs: 120_000 } as const;
const RATIO = { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) } as const;
const takenOn = z.object({ instruments: z.array(z.object({ coin: z.string(), target: z.string(), reason: z.string().nullable() })) });

describe('modes, directions and beginnings of copies', () => {
  let rig: Rig;
  let engine: TestProcess;
  let stage: AccountStage;
  let leader: Awaited<ReturnType<AccountStage['tenant']['leader']>>;
  let orders = 7_000_000;
  let wallets = 0;

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine();
    stage = await accountStage(rig, LEADER);
    leader = await stage.tenant.leader(LEADER);
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  /** A follower of its own wallet and a copy of the leader; waits until the command of its activation has ended. */
  async function copy(settings: Partial<CopySettings>) {
    wallets += 1;
    const address = `0x${(0xe0 + wallets).toString(16).repeat(20)}`;
    const follower = await stage.tenant.follower(address, '20000');
    const copyId = await stage.tenant.copy(leader, follower, { allocation: 10_000n, settings: { mode: RATIO, ...TERMS, ...settings } });
    const command = await ended(copyId);
    return { address, copyId, command };
  }

  const ended = (targetId: string) =>
    eventually(`the command on ${targetId} ends`, async () => {
      const command = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.commands.latestFor(targetId));
      return command === null || command.status === 'pending' ? null : command;
    });

  const holds = (address: string, expected: number) =>
    eventually(`${address} holds ${expected}`, async () => (Math.abs((await stage.held(address, COIN)) - expected) < 1e-9 ? true : null));

  /** Trades of the leader at the price of the moment, each of the order named. */
  async function fill(side: 'buy' | 'sell', size: string, orderId: number, above = 1): Promise<number> {
    const price = Math.round((await stage.mid(COIN)) * above * 10) / 10;
    await rig.venue.control('/worlds/main/trades', { trades: [{ address: LEADER, coin: COIN, side, price: String(price), size, orderId }] });
    return price;
  }
  const nextOrder = (): number => {
    orders += 1;
    return orders;
  };

  /** A new version of the settings, as the gateway writes it. */
  async function change(copyId: CopyId, settings: CopySettings): Promise<void> {
    const version = await rig.storage.scoped(stage.tenant.scope, async (unit) => {
      const row = await unit.copies.findOne({ id: copyId });
      const next = (row?.settingsVersion ?? 0) + 1;
      await unit.copies.addSettings({ copyId, version: next, settings: encodeCopySettings(settings), actor: 'test', effectiveFrom: unit.now });
      await unit.copies.update({ id: copyId }, { settingsVersion: next, updatedAt: unit.now });
      return next;
    });
    await stage.tenant.command('copy.settings', copyId, { version });
    expect((await ended(copyId)).status).toBe('applied');
  }

  it('an amount is bought once for each of the leader’s orders, also when the order fills on after a restart', async () => {
    const amount = await copy({ mode: { kind: 'fixed_amount', amount: money(500n * UNIT), maxAdds: 2 } });
    const [first, second, third] = [nextOrder(), nextOrder(), nextOrder()];
    const price = await fill('buy', '1', first);
    const lots = (at: number): number => Math.floor((500 / at) * 10_000) / 10_000;
    await holds(amount.address, lots(price));
    await fill('buy', '1', first);
    await engine.kill();
    engine = await rig.startEngine();
    await fill('buy', '1', first);
    const later = await fill('buy', '1', second);
    const two = Math.floor((500 / price + 500 / later) * 10_000 + 1e-6) / 10_000;
    await eventually('the second order is bought', async () => (Math.abs((await stage.held(amount.address, COIN)) - two) < 2e-4 ? true : null));
    await fill('buy', '1', third);
    await stage.told(1, 'order.denied', amount.copyId, '"max_adds"');
    expect(Math.abs((await stage.held(amount.address, COIN)) - two)).toBeLessThan(2e-4);
    await fill('sell', '5', nextOrder());
    await holds(amount.address, 0);
  });

  it('an inverse copy takes the other side, and what follows increases only keeps what the leader closes', async () => {
    const inverse = await copy({ direction: 'inverse' });
    const keeper = await copy({ follow: 'increases_only' });
    await fill('buy', '2', nextOrder());
    await holds(inverse.address, -0.2);
    await holds(keeper.address, 0.2);
    await fill('sell', '2', nextOrder());
    await holds(inverse.address, 0);
    await holds(keeper.address, 0.2);
    await engine.kill();
    engine = await rig.startEngine();
    await fill('sell', '1', nextOrder());
    await holds(inverse.address, 0.1);
    await holds(keeper.address, -0.1);
    await fill('buy', '1', nextOrder());
    await holds(inverse.address, 0);
    expect(await stage.held(keeper.address, COIN)).toBe(-0.1);
    await stage.tenant.command('copy.stop', keeper.copyId, { mode: 'close_now' });
    await holds(keeper.address, 0);
  });

  it('a copy that adopts takes the leader’s position on at its beginning; one outside its band waits for the next open', async () => {
    // Four percent above the market: farther than the careful one's band.
    await fill('buy', '3', nextOrder(), 1.04);
    const adopter = await copy({ start: { kind: 'adopt', band: null } });
    await holds(adopter.address, 0.3);
    expect(takenOn.parse(adopter.command.result).instruments).toEqual([{ coin: COIN, target: '30000000', reason: null }]);
    const careful = await copy({ start: { kind: 'adopt', band: rate(RATE_ONE / 100n) } });
    expect(takenOn.parse(careful.command.result).instruments).toEqual([{ coin: COIN, target: '0', reason: 'out_of_band' }]);
    await fill('buy', '1', nextOrder());
    await holds(adopter.address, 0.4);
    expect(await stage.held(careful.address, COIN)).toBe(0);
    await fill('sell', '4', nextOrder());
    await holds(adopter.address, 0);
    await fill('buy', '2', nextOrder());
    await holds(careful.address, 0.2);
    await fill('sell', '2', nextOrder());
    await holds(careful.address, 0);
  });

  it('a new ratio trades nothing by itself, and everything by a re-basis', async () => {
    const rebased = await copy({});
    await fill('buy', '2', nextOrder());
    await holds(rebased.address, 0.2);
    const row = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.settings(rebased.copyId, 1));
    expect(row).not.toBeNull();
    const base = { mode: RATIO, ...TERMS };
    await change(rebased.copyId, { ...defaultCopySettings(), ...base, mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 4n) } });
    expect(await stage.held(rebased.address, COIN)).toBe(0.2);
    await stage.tenant.command('copy.rebase', rebased.copyId);
    const result = takenOn.parse((await ended(rebased.copyId)).result);
    expect(result.instruments).toEqual([{ coin: COIN, target: '50000000', reason: null }]);
    await holds(rebased.address, 0.5);
    await change(rebased.copyId, { ...defaultCopySettings(), ...base, mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 20n) } });
    await stage.tenant.command('copy.rebase', rebased.copyId);
    await holds(rebased.address, 0.1);
    await fill('sell', '2', nextOrder());
    await holds(rebased.address, 0);
  });

  it('a copy that is stopped with its leader’s close enters nothing, follows the exits, also after a restart, and ends flat', async () => {
    const ending = await copy({});
    await fill('buy', '4', nextOrder());
    await holds(ending.address, 0.4);
    await stage.tenant.command('copy.stop', ending.copyId, { mode: 'follow_to_close' });
    expect((await ended(ending.copyId)).status).toBe('applied');
    await fill('buy', '2', nextOrder());
    await stage.told(1, 'order.denied', ending.copyId, '"winding_down"');
    await engine.kill();
    engine = await rig.startEngine();
    await fill('sell', '3', nextOrder());
    await holds(ending.address, 0.2);
    const state = async () => (await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: ending.copyId })))?.state;
    expect(await state()).toBe('winding_down');
    await fill('buy', '1', nextOrder());
    await fill('sell', '4', nextOrder());
    await holds(ending.address, 0);
    await eventually('it is stopped', async () => ((await state()) === 'stopped' ? true : null));
    await stage.told(1, 'copy.flat', ending.copyId, '"flat":true');
  });

  const stateOf = async (copyId: CopyId) => (await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: copyId })))?.state;
  const stopped = (copyId: CopyId) => eventually('it is stopped', async () => ((await stateOf(copyId)) === 'stopped' ? true : null));

  it('a copy that is handed over trades nothing any more: its position stays at the venue as the follower’s own, also after a restart', async () => {
    const left = await copy({});
    const witness = await copy({});
    await fill('buy', '4', nextOrder());
    await holds(left.address, 0.4);
    await holds(witness.address, 0.4);
    await stage.tenant.command('copy.stop', left.copyId, { mode: 'hand_over' });
    await stopped(left.copyId);
    await stage.told(1, 'copy.flat', left.copyId, '"flat":false', '"size":"0.4"');
    await fill('sell', '2', nextOrder());
    await holds(witness.address, 0.2);
    await engine.kill();
    engine = await rig.startEngine();
    await fill('sell', '2', nextOrder());
    await holds(witness.address, 0);
    expect(await stage.held(left.address, COIN)).toBe(0.4);
  });

  it('a copy that is unwound closes in slices, goes on after a restart, and is flat behind its deadline', async () => {
    const ending = await copy({});
    await fill('buy', '10', nextOrder());
    await holds(ending.address, 1);
    const by = Date.now() + 40_000;
    await stage.tenant.command('copy.stop', ending.copyId, { mode: 'unwind_by', by });
    expect((await ended(ending.copyId)).status).toBe('applied');
    const between = async () => {
      const now = await stage.held(ending.address, COIN);
      return now < 1 && now > 0 ? now : null;
    };
    const first = await eventually('a slice is closed', between);
    expect(Date.now()).toBeLessThan(by);
    await engine.kill();
    engine = await rig.startEngine();
    const second = await eventually('another is closed', async () => {
      const now = await stage.held(ending.address, COIN);
      return now < first ? now : null;
    });
    expect(second).toBeLessThan(first);
    await holds(ending.address, 0);
    await stopped(ending.copyId);
    expect(Date.now()).toBeGreaterThanOrEqual(by);
    await stage.told(1, 'copy.flat', ending.copyId, '"flat":true');
    await fill('sell', '10', nextOrder());
  });

  it('a coin the venue delists: what it settled is booked and not entered again, and what can still be traded is', async () => {
    const coin = 'SOL';
    const held = await copy({});
    const trade = async (of: string, side: 'buy' | 'sell', size: string) => {
      const price = await stage.mid(of);
      await rig.venue.control('/worlds/main/trades', {
        trades: [{ address: LEADER, coin: of, side, price: String(price), size, orderId: nextOrder() }],
      });
    };
    await trade(coin, 'buy', '20');
    await eventually('it is copied', async () => ((await stage.held(held.address, coin)) === 2 ? true : null));
    await rig.venue.control('/worlds/main/delist', { coin });
    const position = async () => {
      const row = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: held.copyId }));
      const rows = row === null ? [] : await rig.storage.scoped(stage.tenant.scope, (unit) => unit.positions.ofCopies(row.no));
      return rows.find((one) => one.coin === coin);
    };
    // What it settled is booked first; the leader's own settlement is followed behind it.
    await eventually('the settlement is booked', async () => ((await position())?.position === 0n ? true : null));
    await eventually('nothing is wanted any more', async () => ((await position())?.target === 0n ? true : null));
    expect(await stage.held(held.address, coin)).toBe(0);
    await trade(COIN, 'buy', '2');
    await holds(held.address, 0.2);
    await trade(COIN, 'sell', '2');
    await holds(held.address, 0);
  });

  it('a copy sized by volatility is refused while the venue tells too little of the leader’s past', async () => {
    const { command } = await copy({
      mode: {
        kind: 'risk_normalised',
        multiplier: rate(RATE_ONE),
        targetVolatility: rate(RATE_ONE / 2n),
        scaleLeast: rate(RATE_ONE / 4n),
        scaleMost: rate(2n * RATE_ONE),
      },
    });
    expect([command.status, command.result]).toMatchObject(['refused', { reason: 'leader_volatility' }]);
  });
});
