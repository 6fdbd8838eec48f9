import { parseMoney, present, unwrap } from '@lockstep/kernel';
import { accountGroup } from '@lockstep/ledger';
import { statementRowsOf } from '@lockstep/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CopiedLeader, copiedLeader, PAIR_COIN } from './testing/pair';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';

/** The venue is told to charge at any moment; the engine looks as often. */
const PERIOD = { LOCKSTEP_FUNDING_PERIOD_MS: '1000' };
/** A moment after every entry: the whole ledger is one open period. */
const FAR_MS = 4_000_000_000_000;
const charges = z.array(z.object({ time: z.number(), delta: z.object({ coin: z.string(), usdc: z.string(), szi: z.string() }) }));

type Follower = CopiedLeader['followers'][number];

describe('funding of copied positions', () => {
  let rig: Rig;
  let pair: CopiedLeader;
  let engine: TestProcess;
  /** What the copies must have been booked, 10^-8, and how many of the venue's charges that covers. */
  const due = new Map<Follower, { total: bigint; charges: number }>();
  /** Of how many equal parts of an account's position the copy's is one. */
  const parts = new Map<Follower, bigint>();

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine(PERIOD);
    pair = await copiedLeader(rig, 2);
    for (const follower of pair.followers) due.set(follower, { total: 0n, charges: 0 });
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  const [FIRST, SECOND] = [0, 1] as const;
  const followerAt = (index: number): Follower => {
    const found = pair.followers[index];
    if (found === undefined) throw new Error(`no follower ${index}`);
    return found;
  };
  const chargesOf = async (follower: Follower) => charges.parse(await rig.venue.info({ type: 'userFunding', user: follower.address, startTime: 0 }));

  /** Notes each copy's part of what the venue charged since the last look; its own clock charges too when a full hour passes. */
  async function note(): Promise<void> {
    for (const follower of pair.followers) {
      const noted = due.get(follower) ?? { total: 0n, charges: 0 };
      const all = await chargesOf(follower);
      const fresh = all.slice(noted.charges).map(({ delta }) => unwrap(parseMoney(delta.usdc), 'usdc') / (parts.get(follower) ?? 1n));
      due.set(follower, { total: fresh.reduce((sum, part) => sum + part, noted.total), charges: all.length });
    }
  }

  /** Charges an hour of funding on every position. */
  async function charge(rate: string): Promise<void> {
    await rig.venue.control('/worlds/main/funding', { coin: PAIR_COIN, hourlyRate: rate, charge: true });
    await note();
  }

  async function booked(follower: Follower) {
    return rig.storage.scoped(follower.tenant.scope, async (unit) => {
      const transactions = (await unit.ledger.after(0n, 10_000)).filter((one) => one.transaction.kind === 'funding');
      const [copy] = await unit.copies.find({ id: follower.copyId });
      const statement = [];
      const mark = { endMs: FAR_MS, asOfSequence: (await unit.ledger.head()).seq };
      for await (const row of statementRowsOf(unit, mark, { endMs: 0, asOfSequence: 0n })) statement.push(row);
      const events = await unit.events.after({ epoch: (await unit.events.head())?.epoch ?? '', seq: 0n }, 10_000);
      return {
        copyId: follower.copyId,
        posted: transactions.reduce(
          (sum, { transaction }) =>
            sum + transaction.entries.reduce((all, { account, amount }) => all + (account.endsWith(':venue_cash') ? amount : 0n), 0n),
          0n,
        ),
        count: transactions.length,
        positions: (await unit.positions.ofCopies(copy?.no ?? 0n)).reduce((sum, position) => sum + position.funding, 0n),
        // Income stands on the credit side.
        settled: statement.filter((row) => accountGroup(row.account) === 'copy:funding').reduce((sum, row) => sum - row.closing, 0n),
        told: events
          .filter((event) => event.type === 'funding.booked')
          .map((event) => z.object({ copy_id: z.string(), coin: z.string(), asset: z.string(), amount: z.string() }).parse(JSON.parse(event.data)))
          .reduce((sum, data) => sum + (data.copy_id === follower.copyId ? unwrap(parseMoney(data.amount), 'amount') : 0n), 0n),
        broken: await unit.ledger.firstBrokenLink(),
      };
    });
  }

  /** Waits until every copy has been booked what is due, everywhere the same. */
  async function settledAll(): Promise<void> {
    for (const follower of pair.followers) {
      const [total, facts] = await eventually(`${follower.copyId} is booked what the venue charged`, async () => {
        await note();
        const owed = due.get(follower)?.total ?? 0n;
        const found = await booked(follower);
        return found.posted === owed ? ([owed, found] as const) : null;
      });
      expect([facts.positions, facts.settled, facts.told, facts.broken]).toEqual([total, total, total, null]);
    }
  }

  it('arrives with the venue’s exact amount in ledger, position, statement and event; paid, then received', async () => {
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    await charge('0.001');
    await charge('-0.0003');
    await settledAll();
    expect(due.get(followerAt(FIRST))?.total).not.toBe(0n);
  });

  it('arrives where the position was closed before it was read', async () => {
    await charge('0.0007');
    await pair.trade('sell', '2');
    await pair.settled(0);
    await settledAll();
  });

  it('a charge while the engine was down is caught up, once, and another restart changes nothing', async () => {
    await pair.trade('buy', '2');
    await pair.settled(0.2);
    await engine.kill();
    await charge('0.0005');
    engine = await rig.startEngine(PERIOD);
    await settledAll();
    const before = await Promise.all(pair.followers.map(booked));
    await engine.kill();
    engine = await rig.startEngine(PERIOD);
    await charge('0.0002');
    await settledAll();
    const after = await Promise.all(pair.followers.map(booked));
    expect(after.map(({ count }) => count)).toEqual(pair.followers.map((follower) => due.get(follower)?.charges));
    expect(after.every(({ count }, index) => count > (before[index]?.count ?? 0))).toBe(true);
  });

  it('is read of a closed account by an engine that starts, as long as its follower’s erasure waits for it', async () => {
    const { tenant, copyId } = followerAt(SECOND);
    await engine.kill();
    await charge('0.0006');
    const account = await rig.storage.scoped(tenant.scope, async (unit) => {
      const copy = present(await unit.copies.findOne({ id: copyId }), 'the copy');
      await unit.venueAccounts.update({ id: copy.venueAccountId }, { status: 'closed' });
      await unit.followerErasures.insert({ followerId: copy.followerId, actor: 'key', askedAt: unit.now, erasedAt: null, waitsFor: 'funding' });
      return copy.venueAccountId;
    });
    engine = await rig.startEngine(PERIOD);
    await settledAll();
    await rig.storage.scoped(tenant.scope, (unit) => unit.venueAccounts.update({ id: account }, { status: 'active' }));
  });

  it('the follower’s own position beside the copy bears its own part, and what the follower closed later was still the copy’s', async () => {
    const follower = followerAt(FIRST);
    const mids = await rig.venue.info({ type: 'allMids' });
    const price = String(Reflect.get(Object(mids), PAIR_COIN));
    const own = (side: 'buy' | 'sell', size: string) =>
      rig.venue.control('/worlds/main/trades', { trades: [{ address: follower.address, coin: PAIR_COIN, side, price, size }] });
    await own('buy', '0.2');
    await eventually('the own position is seen', async () => {
      const nets = await rig.storage.scoped(follower.tenant.scope, (unit) => unit.positions.ofVenueAccounts());
      return nets.some((net) => net.own === 20_000_000n) ? true : null;
    });
    parts.set(follower, 2n);
    await charge('0.0004');
    parts.delete(follower);
    // Half of the copy's position goes with it, after the charge and before it is read.
    await own('sell', '0.3');
    await settledAll();
    await eventually('the close falls on the copy', async () => {
      const positions = await rig.storage.scoped(follower.tenant.scope, (unit) => unit.positions.ofCopies());
      return positions.some((position) => position.position === 10_000_000n) ? true : null;
    });
    await charge('0.0006');
    await settledAll();
  });

  it('a copy that was stopped right after the charge is booked it', async () => {
    const follower = followerAt(SECOND);
    await charge('0.0008');
    await follower.tenant.command('copy.stop', follower.copyId, { mode: 'close_now' });
    await eventually('stopped', async () => {
      const copy = await rig.storage.scoped(follower.tenant.scope, (unit) => unit.copies.findOne({ id: follower.copyId }));
      return copy?.state === 'stopped' ? true : null;
    });
    expect(await pair.position(follower.address)).toBe(0);
    await settledAll();
  });
});
