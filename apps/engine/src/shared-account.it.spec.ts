import { type CopyId, type LeaderId, parseMoney, RATE_ONE, rate, unwrap } from '@lockstep/kernel';
import { crossesOf } from '@lockstep/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PAIR_COIN } from './testing/pair';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig, type TestTenant } from './testing/rig';

const PERIOD = { LOCKSTEP_FUNDING_PERIOD_MS: '1000' };
const LONG = `0x${'c1'.repeat(20)}`;
const SHORT = `0x${'c2'.repeat(20)}`;
const THIRD = `0x${'c3'.repeat(20)}`;
const FOLLOWER = `0x${'d1'.repeat(20)}`;
const charges = z.array(z.object({ delta: z.object({ usdc: z.string() }) }));
const lots = (amount: number): bigint => BigInt(Math.round(amount * 1e8));

/** Two leaders on opposite sides, each copied at a tenth through the one venue account of one follower. */
describe('two leaders netting on one follower', () => {
  let rig: Rig;
  let engine: TestProcess;
  let tenant: TestTenant;
  let follower: Awaited<ReturnType<TestTenant['follower']>>;
  let price: string;
  let [long, short] = ['', ''] as unknown as [CopyId, CopyId];

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine(PERIOD);
    const mids = await rig.venue.info({ type: 'allMids' });
    price = String(Reflect.get(Object(mids), PAIR_COIN));
    for (const address of [LONG, SHORT, THIRD]) await rig.venue.control('/worlds/main/credit', { address, amount: '100000' });
    tenant = await rig.tenant('north');
    follower = await tenant.follower(FOLLOWER, '20000');
    long = await begun(await tenant.leader(LONG));
    short = await begun(await tenant.leader(SHORT));
  }, 300_000);

  afterAll(async () => {
    await rig?.close();
  });

  const terms = {
    allocation: 5_000n,
    settings: { mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) }, maxAgeMs: 10_000, catchUpMs: 120_000 },
  } as const;

  async function begun(leader: LeaderId): Promise<CopyId> {
    const id = await tenant.copy(leader, follower, terms);
    await eventually(`${id} is active`, async () => {
      const copy = await rig.storage.scoped(tenant.scope, (unit) => unit.copies.findOne({ id }));
      return copy?.state === 'active' ? copy : null;
    });
    return id;
  }

  const trade = (address: string, side: 'buy' | 'sell', size: string) =>
    rig.venue.control('/worlds/main/trades', { trades: [{ address, coin: PAIR_COIN, side, price, size }] });

  async function net(): Promise<number> {
    const state = z
      .object({ assetPositions: z.array(z.object({ position: z.object({ coin: z.string(), szi: z.string() }) })) })
      .parse(await rig.venue.info({ type: 'clearinghouseState', user: FOLLOWER }));
    return Number(state.assetPositions.find(({ position }) => position.coin === PAIR_COIN)?.position.szi ?? 0);
  }

  const positionsOf = (id: CopyId) =>
    rig.storage.scoped(tenant.scope, async (unit) => {
      const copy = await unit.copies.findOne({ id });
      return unit.positions.ofCopies(copy?.no ?? 0n);
    });
  const held = async (id: CopyId): Promise<bigint> => (await positionsOf(id)).reduce((sum, { position }) => sum + position, 0n);

  /** Waits until both copies hold what is expected, and the venue their sum and the follower's own. */
  async function settled(longHeld: number, shortHeld: number, own = 0): Promise<void> {
    const expected = [lots(longHeld), lots(shortHeld), lots(longHeld + shortHeld + own)];
    let last: readonly bigint[] = [];
    await eventually(`long ${longHeld}, short ${shortHeld}`, async () => {
      last = [await held(long), await held(short), lots(await net())];
      return last.every((value, index) => value === expected[index]) ? true : null;
    }).catch((failure: unknown) => {
      throw new Error(`${String(failure)}; seen ${last.join(', ')}`);
    });
  }

  const legsOf = (id: CopyId) =>
    rig.storage.scoped(tenant.scope, async (unit) => {
      const copy = await unit.copies.findOne({ id });
      const { rows } = await unit.orders.page({ limit: 100, after: null, order: 'oldest_first' }, { copyNo: copy?.no ?? 0n });
      return rows.map(({ side, reduceOnly, size }) => `${side} ${Number(size) / 1e8}${reduceOnly ? ' reduce-only' : ''}`);
    });
  const events = (type: string) =>
    rig.storage.scoped(tenant.scope, async (unit) => {
      const head = await unit.events.head();
      const read = head === null ? [] : await unit.events.after({ epoch: head.epoch, seq: 0n }, 10_000);
      return read.filter((event) => event.type === type).map(({ data }): unknown => JSON.parse(data));
    });

  it('each copy holds its own, the account the net; an order that crosses the net is split, reduce-only leg first', async () => {
    await trade(LONG, 'buy', '3');
    await settled(0.3, 0);
    await trade(SHORT, 'sell', '5');
    await settled(0.3, -0.5);
    expect(await legsOf(long)).toEqual(['buy 0.3']);
    expect(await legsOf(short)).toEqual(['sell 0.3 reduce-only', 'sell 0.2']);
  });

  it('funding is each copy’s by its own quantity and adds up to the venue’s row', async () => {
    await rig.venue.control('/worlds/main/funding', { coin: PAIR_COIN, hourlyRate: '0.001', charge: true });
    const fundings = async (id: CopyId): Promise<bigint> => (await positionsOf(id)).reduce((sum, { funding }) => sum + funding, 0n);
    const [paid, received] = await eventually('funding is booked', async () => {
      const charged = charges.parse(await rig.venue.info({ type: 'userFunding', user: FOLLOWER, startTime: 0 }));
      const total = charged.reduce((sum, { delta }) => sum + unwrap(parseMoney(delta.usdc), 'usdc'), 0n);
      const [ofLong, ofShort] = [await fundings(long), await fundings(short)];
      return total !== 0n && ofLong + ofShort === total ? ([ofLong, ofShort] as const) : null;
    });
    expect([paid < 0n, received > 0n]).toEqual([true, true]);
    // 0.3 pays what five thirds of it receive, to the unit.
    expect(Math.abs(Number(received * 3n + paid * 5n))).toBeLessThanOrEqual(8);
  });

  it('a restart goes on with both', async () => {
    await engine.kill();
    engine = await rig.startEngine(PERIOD);
    await trade(LONG, 'buy', '1');
    await settled(0.4, -0.5);
  });

  it('an exit is sent although it takes the account away from zero, and is never reduce-only there', async () => {
    await trade(LONG, 'sell', '4');
    await settled(0, -0.5);
    expect((await legsOf(long)).at(-1)).toBe('sell 0.4');
  });

  it('the follower’s own trade reduces the copy on the attacked side alone, and the rest is closed to flat', async () => {
    await trade(LONG, 'buy', '2');
    await settled(0.2, -0.5);
    // Bought back at the venue: the net goes from −0.3 to −0.2, and it is the short that was closed.
    await trade(FOLLOWER, 'buy', '0.1');
    await settled(0.2, -0.4);
    await trade(SHORT, 'buy', '5');
    await settled(0.2, 0);
    await trade(LONG, 'sell', '2');
    await settled(0, 0);
    expect(await net()).toBe(0);
  });

  it('remnants too small for the venue cross inside, at the middle of the book and without a fee', async () => {
    await trade(LONG, 'buy', '0.2');
    await trade(SHORT, 'sell', '0.2');
    await settled(0.02, -0.02);
    await trade(LONG, 'sell', '0.18');
    await trade(SHORT, 'buy', '0.18');
    await settled(0.002, -0.002);
    await trade(LONG, 'sell', '0.02');
    await trade(SHORT, 'buy', '0.02');
    await settled(0, 0);
    const crosses = await rig.storage.scoped(tenant.scope, async (unit) => {
      const account = await unit.venueAccounts.findOne({ id: follower.accountId });
      return crossesOf(unit, Number(account?.no ?? 0), 10);
    });
    expect(crosses.map(({ size, price: at, bid, ask }) => [size, at === (bid + ask) / 2n])).toEqual([[lots(0.002), true]]);
    const copyNos = await rig.storage.scoped(tenant.scope, async (unit) => [
      Number((await unit.copies.findOne({ id: short }))?.no),
      Number((await unit.copies.findOne({ id: long }))?.no),
    ]);
    expect(crosses.map(({ buyerCopyNo, sellerCopyNo }) => [buyerCopyNo, sellerCopyNo])).toEqual([copyNos]);
    expect(await events('copy.crossed')).toMatchObject([{ size: '0.002', buyer_copy_id: short, seller_copy_id: long }]);
    const internal = await rig.storage.scoped(
      tenant.scope,
      async (unit) => (await unit.fills.page({ limit: 200, after: null, order: 'oldest_first' })).rows,
    );
    const crossed = internal.filter(({ venueOrderId }) => venueOrderId === 'internal');
    expect(crossed.map(({ side, fee, copyId }) => [side, fee, copyId]).sort()).toEqual([
      ['buy', 0n, short],
      ['sell', 0n, long],
    ]);
  });

  it('a process that dies after a cross has crossed once, and goes on reading the venue’s fills', async () => {
    await engine.kill();
    engine = await rig.startEngine(PERIOD);
    await trade(LONG, 'buy', '1');
    await settled(0.1, 0);
    await trade(LONG, 'sell', '1');
    await settled(0, 0);
    expect(await events('copy.crossed')).toHaveLength(1);
    expect(await rig.storage.scoped(tenant.scope, (unit) => unit.ledger.firstBrokenLink())).toBeNull();
  });

  it.each([
    ['more than the account holds for all of them', THIRD, { ...terms, allocation: 11_000n }, 'insufficient_equity'],
    ['another leverage', THIRD, { ...terms, settings: { ...terms.settings, venueLeverage: 3 } }, 'venue_account_conflict'],
    ['the same leader', LONG, terms, 'venue_account_conflict'],
  ])('a copy that asks for %s is refused', async (_what, address, asked, reason) => {
    const leader = await tenant.leader(address);
    const id = await tenant.copy(leader, follower, asked);
    const end = await eventually('the command ended', async () => {
      const command = await rig.storage.scoped(tenant.scope, (unit) => unit.commands.latestFor(id));
      return command?.status === 'refused' ? command.result : null;
    });
    expect(end).toMatchObject({ reason });
  });
});
