import type { TenantScope } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CopyRow, MAIN_ACCOUNT } from '../rows/roster';
import type { Storage } from '../storage';
import { sampleFills, sampleOrders } from '../testing/sample-rows';
import { openTestStorage, type TestStorage } from '../testing/test-storage';
import { addFunding, addToFinalEquity, fundingReadTimes, heldByCopies, recordFollowerClose, saveFundingReadTimes } from './funding';
import { type PositionState, savePositionStates } from './position-states';
import { saveEquity } from './running-copies';

const LOT = 100_000n;

let test: TestStorage;
let app: Storage;
let engine: Storage;
let red: TenantScope;
let blue: TenantScope;
let addresses = 0;

beforeAll(async () => {
  test = await openTestStorage();
  app = await test.as('app');
  engine = await test.as('engine');
  red = await test.tenant('Red');
  blue = await test.tenant('Blue');
});
afterAll(() => test.close());

interface TestAccount {
  readonly no: number;
  /** Adds a copy that holds `lots` of BTC now. */
  copy(state: 'active' | 'stopped', lots: bigint): Promise<CopyRow>;
}

async function account(scope: TenantScope): Promise<TestAccount> {
  const { ids } = test;
  const at = test.clock.now();
  const stamps = { createdAt: at, updatedAt: at };
  const [followerId, leaderId, venueAccountId] = [ids.next('follower'), ids.next('leader'), ids.next('venueAccount')];
  addresses += 1;
  const address = `0x${addresses.toString(16).padStart(40, '0')}`;
  const no = await app.scoped(scope, async (unit) => {
    const watched = await unit.inbox.watch('hyperliquid', 'sim', address);
    await unit.leaders.insert({ id: leaderId, watchedNo: watched.no, name: 'leader', terms: {}, status: 'active', access: 'everyone', ...stamps });
    await unit.followers.insert({ id: followerId, externalRef: null, status: 'active', ...stamps });
    await unit.venueAccounts.insert({
      id: venueAccountId,
      followerId,
      venue: 'hyperliquid',
      network: 'sim',
      address,
      ...MAIN_ACCOUNT,
      mode: 'standard',
      agentAddress: address,
      sealedAgentKey: Buffer.from('sealed'),
      agentStatus: 'approved',
      agentValidUntil: null,
      builderAddress: null,
      builderFeeApproved: 0,
      approvals: {},
      status: 'active',
      statusReason: null,
      ...stamps,
    });
    return Number((await unit.venueAccounts.findOne({ id: venueAccountId }))?.no);
  });
  return {
    no,
    copy: async (state, lots) => {
      const id = ids.next('copy');
      const ended = { startedAt: at, stoppedAt: state === 'stopped' ? at + 10 : null, unwindBy: null };
      const row = { id, leaderId, followerId, venueAccountId, allocation: 100n, state, stateReason: null, settingsVersion: 1, ...ended, ...stamps };
      const copy = await app.scoped(scope, async (unit) => {
        await unit.copies.insert(row);
        return unit.copies.findOne({ id });
      });
      if (copy === null) throw new Error('the copy was written');
      await engine.scoped(scope, (unit) => savePositionStates(unit, [positionOf(Number(copy.no), lots)]));
      return copy;
    },
  };
}

const positionOf = (copyNo: number, lots: bigint): PositionState => ({
  copyNo,
  coin: 'BTC',
  position: lots * LOT,
  target: 0n,
  targetMicro: 0n,
  rho: 0n,
  avgEntry: 0n,
  entryValue: 0n,
  realisedPnl: 0n,
  fees: 0n,
  funding: 5n,
  forfeited: 0n,
  forfeitedMicro: 0n,
  forfeitReason: null,
  episodeNo: 1n,
  episodeBits: 0,
  userClosed: false,
  dust: false,
  owedPrice: 0n,
  owedUntilMs: 0,
  lastWave: 1,
  attempt: 0,
  adds: 0,
  aheadBuy: 0n,
  aheadSell: 0n,
});

let wave = 0n;

/** Books a fill of a copy, or of the follower where `copy` is null. */
async function fill(scope: TenantScope, accountNo: number, copy: CopyRow | null, side: 'buy' | 'sell', lots: bigint, atMs: number): Promise<void> {
  wave += 1n;
  const [order] = sampleOrders(test.ids, wave, 1, atMs, { side, size: lots * LOT, venueAccountNo: BigInt(accountNo), copyNo: copy?.no ?? 0n });
  if (order === undefined) throw new Error('one order');
  await engine.scoped(scope, (unit) => unit.fills.insert(sampleFills([{ ...order, ...(copy === null ? {} : { copyId: copy.id }) }], atMs)));
}

describe('what copies held at a moment', () => {
  it('is their position now, less their fills and the follower’s closes from then on; stopped copies and only the account’s own count', async () => {
    const at = test.clock.now();
    const mine = await account(red);
    // Ended after the moment: it held three lots, then sold them.
    const ended = await mine.copy('stopped', 0n);
    // It left two lots when it ended: they are the follower's own from then on.
    const left = await mine.copy('stopped', 2n);
    await fill(red, mine.no, left, 'buy', 2n, at - 1);
    // Began after the moment.
    const begun = await mine.copy('active', 2n);
    await fill(red, mine.no, ended, 'buy', 3n, at - 1);
    await fill(red, mine.no, ended, 'sell', 3n, at + 10);
    await fill(red, mine.no, begun, 'buy', 4n, at + 20);
    await fill(red, mine.no, null, 'buy', 9n, at + 25);
    await engine.scoped(red, (unit) =>
      recordFollowerClose(unit, { copyNo: Number(begun.no), coin: 'BTC', closedAtMs: at + 30, quantity: -2n * LOT }),
    );
    const other = await account(blue);
    await other.copy('active', 7n);
    const moments = [at, at + 10, at + 11, at + 21, at + 31].map((atMs) => ({ venueAccountNo: mine.no, coin: 'BTC', atMs }));
    const held = await engine.scoped(red, (unit) => heldByCopies(unit, [...moments, { venueAccountNo: mine.no, coin: 'ETH', atMs: at }]));
    const lots = (copy: CopyRow) => held.filter(({ copyId }) => copyId === copy.id).map(({ moment, quantity }) => [moment, quantity / LOT]);
    // A fill in the moment itself came after it.
    expect(lots(ended)).toEqual([
      [0, 3n],
      [1, 3n],
    ]);
    expect(lots(left)).toEqual([
      [0, 2n],
      [1, 2n],
    ]);
    expect(lots(begun)).toEqual([
      [3, 4n],
      [4, 2n],
    ]);
    expect(await engine.scoped(red, (unit) => heldByCopies(unit, [{ venueAccountNo: other.no, coin: 'BTC', atMs: at }]))).toEqual([]);
  });
});

describe('positions of reading', () => {
  it('are kept per account and never go back', async () => {
    const save = (scope: TenantScope, venueAccountNo: number, readToMs: number) =>
      engine.scoped(scope, (unit) => saveFundingReadTimes(unit, [{ venueAccountNo, readToMs }]));
    await save(red, 1, 500);
    await save(red, 1, 400);
    await save(red, 2, 600);
    await save(blue, 1, 900);
    expect(await engine.scoped(red, (unit) => fundingReadTimes(unit))).toEqual(
      new Map([
        [1, 500],
        [2, 600],
      ]),
    );
    expect(await engine.scoped(red, (unit) => fundingReadTimes(unit, 2))).toEqual(new Map([[2, 600]]));
    expect(await engine.scoped(blue, (unit) => fundingReadTimes(unit, 2))).toEqual(new Map());
  });
});

describe('funding', () => {
  it('is added to positions and to the last equity of a copy that ended, in its scope alone', async () => {
    const mine = await account(red);
    const copy = await mine.copy('stopped', 0n);
    const copyNo = Number(copy.no);
    const money = { flows: 100n, netPnl: 10n, equity: 110n, unitNav: 1n, detail: {}, breaker: 'off', unrealised: 0n, referenceNav: 1n };
    await engine.scoped(red, (unit) => saveEquity(unit, [{ copyNo, ...money }]));
    const add = (scope: TenantScope) =>
      engine.scoped(scope, async (unit) => {
        await addFunding(unit, [{ copyNo, coin: 'BTC', amount: -7n }]);
        await addToFinalEquity(unit, [{ copyNo, amount: -7n }]);
      });
    await add(red);
    await add(blue);
    const [position, equity] = await engine.scoped(red, async (unit) => [
      (await unit.positions.ofCopies(copy.no))[0],
      await unit.copyEquities.findOne({ copyNo: copy.no }),
    ]);
    expect(position).toMatchObject({ funding: -2n });
    expect(equity).toMatchObject({ netPnl: 3n, equity: 103n, unitNav: 1n });
  });
});
