import { type CopyId, RATE_ONE, rate, unwrap } from '@lockstep/kernel';
import { decodeJournal, type Receipt, receiptOf } from '@lockstep/replication';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountStage, accountStage } from './testing/account-stage';
import { eventually, type Rig, startRig } from './testing/rig';

const STEADY = `0x${'c5'.repeat(20)}`;
const DARING = `0x${'c6'.repeat(20)}`;
const TERMS = { mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) }, maxAgeMs: 10_000, catchUpMs: 15_000 } as const;

describe('what the venue does', () => {
  let rig: Rig;
  let stage: AccountStage;

  beforeAll(async () => {
    rig = await startRig();
    await rig.startEngine();
    stage = await accountStage(rig, STEADY);
    // Eleven times leveraged, and watched as any other.
    await rig.venue.control('/worlds/main/credit', { address: DARING, amount: '1700' });
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  const follow = async (leader: string, address: string) => {
    const follower = await stage.tenant.follower(address, '20000');
    const copyId = await stage.tenant.copy(await stage.tenant.leader(leader), follower, { allocation: 10_000n, settings: TERMS });
    await eventually('the copy is active', async () => {
      const copy = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: copyId }));
      return copy?.state === 'active' ? true : null;
    });
    return { copyId, address };
  };
  const trade = async (address: string, coin: string, side: 'buy' | 'sell', size: string) => {
    const price = String(await stage.mid(coin));
    await rig.venue.control('/worlds/main/trades', { trades: [{ address, coin, side, price, size }] });
  };
  const holds = (address: string, coin: string, expected: number) =>
    eventually(`${address} holds ${expected} ${coin}`, async () => (Math.abs((await stage.held(address, coin)) - expected) < 1e-9 ? true : null));
  const receipts = async (copyId: CopyId): Promise<readonly Receipt[]> => {
    const rows = await rig.storage.scoped(stage.tenant.scope, async (unit) => {
      const copy = await unit.copies.findOne({ id: copyId });
      return copy === null ? [] : (await unit.journal.ofLeader(copy.leaderId, null, 100)).map(({ packed }) => ({ packed, copyNo: Number(copy.no) }));
    });
    return rows.flatMap(({ packed, copyNo }) => receiptOf(unwrap(decodeJournal(new Uint8Array(packed)), 'a journal row'), copyNo) ?? []);
  };

  it('a leader who is liquidated reduces, and is followed: reduce-only, and the receipt says why', async () => {
    const { copyId, address } = await follow(DARING, `0x${'e5'.repeat(20)}`);
    await trade(DARING, 'ETH', 'buy', '10');
    await holds(address, 'ETH', 1);
    await rig.venue.control('/worlds/main/prices', { prices: [{ coin: 'ETH', price: String(Math.round((await stage.mid('ETH')) * 0.91)) }] });
    await eventually('the venue liquidates the leader', async () => ((await stage.held(DARING, 'ETH')) === 0 ? true : null));
    await holds(address, 'ETH', 0);
    const told = await eventually('the receipt of it', async () => {
      const found = (await receipts(copyId)).filter(({ leaderLiquidated }) => leaderLiquidated);
      return found.length > 0 ? found : null;
    });
    for (const { leaderBeforeLots, leaderAfterLots, orders } of told) {
      expect(Math.abs(leaderAfterLots)).toBeLessThan(Math.abs(leaderBeforeLots));
      expect(orders.every(({ purpose, reduceOnly }) => purpose === 'exit' && reduceOnly)).toBe(true);
    }
    const opened = (await receipts(copyId)).find(({ leaderBeforeLots, leaderAfterLots }) => leaderBeforeLots === 0 && leaderAfterLots > 0);
    expect(opened?.leaderLiquidated).toBe(false);
  });

  it('while trading is halted entries are given up with a reason, exits are repeated, and somebody is told; once it goes on they leave', async () => {
    const { copyId, address } = await follow(STEADY, `0x${'e6'.repeat(20)}`);
    await trade(STEADY, 'SOL', 'buy', '20');
    await holds(address, 'SOL', 2);
    await rig.venue.control('/worlds/main/trading', { coin: 'SOL', halted: true });
    await trade(STEADY, 'SOL', 'buy', '10');
    await stage.told(1, 'copy.forfeited', copyId, '"coin":"SOL"', '"reason":"venue_busy"');
    expect(await stage.held(address, 'SOL')).toBe(2);
    await trade(STEADY, 'SOL', 'sell', '30');
    await stage.told(1, 'copy.exit_stuck', copyId, '"coin":"SOL"', '"size":"2"');
    expect(await stage.held(address, 'SOL')).toBe(2);
    await rig.venue.control('/worlds/main/trading', { coin: 'SOL', halted: false });
    await holds(address, 'SOL', 0);
    await trade(STEADY, 'SOL', 'buy', '10');
    await holds(address, 'SOL', 1);
  });
});
