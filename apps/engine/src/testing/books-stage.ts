import {
  type CopyId,
  type Id,
  type Price,
  parseMoney,
  parsePrice,
  parseSize,
  present,
  price,
  type Rate,
  type Size,
  type TenantScope,
  UNIT,
  unwrap,
} from '@lockstep/kernel';
import { silentLogger, systemClock, systemIds, systemRandom, systemTimers } from '@lockstep/platform';
import { type InstrumentSheet, packClientOrderId, reservePending } from '@lockstep/replication';
import { defaultCopySettings, encodeCopySettings } from '@lockstep/roster';
import {
  CommitUnknownError,
  type CopyPositionRow,
  type CopyRow,
  MAIN_ACCOUNT,
  type OrderRow,
  orderIdOf,
  runningCopy,
  type Storage,
} from '@lockstep/storage';
import { sampleOrders } from '@lockstep/storage/testing/sample-rows';
import { openTestStorage } from '@lockstep/storage/testing/test-storage';
import type { AccountState, VenueFill } from '@lockstep/venues/port';
import { sampleFill } from '@lockstep/venues/port/testing/sample-fill';
import { vi } from 'vitest';
import { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import type { EngineParts } from '../engine-parts';
import { ENGINE_LIMITS } from '../limits';
import { makeContext } from '../make-context';
import { truthRead } from '../state/account-truth';
import { addAccount, addCopy, newWatched } from '../state/load-book';
import type { Network } from '../state/networks';
import type { OpenOrder } from '../state/open-orders';
import { putMarkups } from '../state/put-markup';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { FOLLOWER, networkOf, notPlayed, type ScriptedVenue, STAGE_COIN, scriptedVenue, stateOf } from './scripted-venue';

/** How a unit of work ends: it commits, is refused before, or commits without its caller being told. */
export type UnitEnd = 'committed' | 'refused' | 'answer_lost';

/** One copy with real books in a real database and without a venue: what is written of it, and when memory believes it. */
export interface BooksStage {
  readonly ctx: EngineContext;
  readonly books: Bookkeeper;
  readonly scope: TenantScope;
  readonly account: AccountRecord;
  readonly copy: CopyRecord;
  readonly sheet: InstrumentSheet;
  readonly venue: ScriptedVenue;
  /** Reasons the engine gave for ending itself. */
  readonly ended: readonly string[];
  /** The next units of work that write end like this, in order. */
  failNext(...ends: readonly UnitEnd[]): void;
  /** Reads as another process would. */
  readonly storage: Storage;
  /** Writes as the gateway does. */
  readonly app: Storage;
  /** A fill of the account that no order of ours explains, unless `part` names one. */
  fill(side: 'buy' | 'sell', size: string, price: string, part?: Partial<VenueFill>): VenueFill;
  /** The account's clearinghouse as the venue tells it. */
  state(size: string, time: number): AccountState;
  /** The copy buys: a booked fill of an order of ours, of which nothing is open. */
  hold(size: string, price: string): Promise<void>;
  /** An order of the copy that left in a wave of its own and is not accounted for; its outcome is unknown unless `part` tells it. */
  open(wave: number, part: Pick<OpenOrder, 'buy' | 'lots'> & Partial<OpenOrder>): OpenOrder;
  /** Writes the row of an open order as its wave does. */
  writeRow(order: OpenOrder): Promise<void>;
  /** The tenant's schedule gets a version that acts at once, and the engine reads it. */
  feeVersion(version: number, markupTenths: number, operatorShare: Rate): Promise<void>;
  /** The platform's switch, as an operator turns it. */
  setSwitch(name: string, active: boolean): Promise<void>;
  setMark(price: string): void;
  forgetMark(): void;
  /** What is written of the copy; ledger accounts by code, with `C` for the copy. */
  copyFacts(): Promise<{
    readonly copy: CopyRow | null;
    readonly positions: readonly CopyPositionRow[];
    readonly ledger: ReadonlyMap<string, bigint>;
    readonly orders: readonly OrderRow[];
  }>;
  /** Types of the events told so far. */
  events(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Client order id of the stage's copy in a wave. */
export const orderOf = (copyNo: number, wave: number): string => packClientOrderId({ instance: 1, wave, copyNo, leg: 0, attempt: 0 });

function orderIn(ctx: EngineContext, copy: CopyRecord, wave: number, part: Pick<OpenOrder, 'buy' | 'lots'> & Partial<OpenOrder>): OpenOrder {
  return {
    clientOrderId: orderOf(copy.no, wave),
    orderId: orderIdOf({ moveId: BigInt(wave), copyNo: BigInt(copy.no), instance: 1, leg: 0, attempt: 0 }),
    createdAt: ctx.clock.now(),
    leftBy: ctx.clock.monotonic(),
    copy,
    sheet: copy.watched.book.sheet(STAGE_COIN),
    price: Number(priceOf('100')),
    nonce: wave,
    signers: [copy.account.signer],
    expiresAfter: 0,
    exit: false,
    wave: { journalNo: wave, isMove: true, scopes: [copy.group.scope], open: 1, handed: true },
    filledLots: null,
    bookedLots: 0,
    ledBooked: 0,
    askAt: 0,
    ...part,
  };
}

const LEADER = `0x${'a1'.repeat(20)}`;
const ALLOCATION = 1_000n * UNIT;

export const sizeOf = (text: string): Size => unwrap(parseSize(text), text);
export const priceOf = (text: string): Price => unwrap(parsePrice(text), text);
export const moneyOf = (text: string) => unwrap(parseMoney(text), text);

export async function openBooksStage(): Promise<BooksStage> {
  const test = await openTestStorage();
  const engine = await test.as('engine');
  const scope = await test.tenant('Red', 'test');
  const ends: UnitEnd[] = [];
  const ended: string[] = [];
  const ctx = await makeContext(partsOf(failing(engine, ends), ended), 1, [scope], 0);
  const books = new Bookkeeper(ctx, () => undefined);
  const app = await test.as('app');
  const venue = scriptedVenue();
  const network = await networkOf(venue);
  let markedAt = systemClock.now();
  const mark = (markPrice: Price): void => {
    markedAt = Math.max(markedAt + 1, systemClock.now());
    network.markets.update([{ coin: STAGE_COIN.coin, markPrice, receivedAt: markedAt }]);
  };
  const { account, copy } = await cast(ctx, app, scope, network);
  return {
    ctx,
    books,
    scope,
    account,
    copy,
    sheet: copy.watched.book.sheet(STAGE_COIN),
    venue,
    ended,
    storage: engine,
    app,
    failNext: (...next) => void ends.push(...next),
    hold: (size, at) => {
      const fill = sampleFill({
        coin: STAGE_COIN.coin,
        size: sizeOf(size),
        price: priceOf(at),
        clientOrderId: orderOf(copy.no, 1),
      });
      return books.takeFills({ account, fills: [fill] });
    },
    open: (wave, part) => {
      const order = orderIn(ctx, copy, wave, part);
      reservePending(order.sheet, copy.row, order, part.lots);
      ctx.openOrders.add(order);
      return order;
    },
    writeRow: async (order) => {
      const { account: own } = order.copy;
      const [row] = sampleOrders(ctx.ids, BigInt(order.wave.journalNo), 1, order.createdAt, {
        id: order.orderId as Id<'order'>,
        copyNo: BigInt(copy.no),
        copyId: copy.id,
        venueAccountNo: BigInt(own.no),
        coin: STAGE_COIN.coin,
        status: 'unknown',
        clientOrderId: order.clientOrderId,
      });
      if (row !== undefined) await engine.scoped(scope, (unit) => unit.orders.save([row]));
    },
    feeVersion: async (version, markupTenths, operatorShare) => {
      const made = { id: ctx.ids.next('feeSchedule'), actor: 'test', createdAt: ctx.clock.now(), effectiveFrom: ctx.clock.now() };
      const terms = { flow: 'all', builderAddress: FOLLOWER, builderOwner: 'tenant', missingApproval: 'deny_entries' } as const;
      await app.scoped(scope, (unit) => unit.feeSchedules.insert({ ...made, ...terms, version, markupTenths, operatorShare }));
      await vi.waitUntil(() => ctx.clock.now() > made.effectiveFrom);
      putMarkups(ctx, scope, await app.scoped(scope, (unit) => unit.feeSchedules.versions()));
    },
    setSwitch: async (name, active) => {
      await app.platform((unit) => unit.engines.setFlag(name, active, { tenantId: null, actor: 'test', reason: 'test' }));
    },
    setMark: (text) => mark(priceOf(text)),
    forgetMark: () => mark(price(0n)),
    copyFacts: () =>
      engine.scoped(scope, async (unit) => ({
        copy: await unit.copies.findOne({ id: copy.id }),
        positions: await unit.positions.ofCopies(BigInt(copy.no)),
        ledger: new Map((await unit.ledger.sums(2n ** 62n)).map(({ account: code, sum }) => [code.replace(copy.id, 'C'), sum])),
        orders: (await unit.orders.page({ limit: 100, after: null, order: 'oldest_first' })).rows,
      })),
    fill: (side, size, at, part = {}) => sampleFill({ coin: STAGE_COIN.coin, side, size: sizeOf(size), price: priceOf(at), ...part }),
    state: (size, time) => stateOf(sizeOf(size), time),
    events: async () => {
      const read = await engine.scoped(scope, async (unit) => {
        const head = await unit.events.head();
        return head === null ? [] : unit.events.after({ epoch: head.epoch, seq: 0n }, 10_000);
      });
      return read.map(({ type }) => type);
    },
    close: () => test.close(),
  };
}

/** A storage whose units end as the script says: refused before the commit, or committed without the caller being told. */
function failing(storage: Storage, ends: UnitEnd[]): Storage {
  return new Proxy(storage, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name !== 'scoped') return member.bind(target);
      const scoped: Storage['scoped'] = async (scope, work, options) => {
        const end = options?.readOnly === true ? undefined : ends.shift();
        const value = await target.scoped(
          scope,
          async (unit) => {
            const made = await work(unit);
            if (end === 'refused') throw new Error('the database refused the unit');
            return made;
          },
          options,
        );
        if (end === 'answer_lost') throw new CommitUnknownError(null);
        return value;
      };
      return scoped;
    },
  });
}

function partsOf(storage: Storage, ended: string[]): EngineParts {
  return {
    clock: systemClock,
    timers: systemTimers,
    ids: systemIds(systemClock, systemRandom),
    random: systemRandom,
    log: silentLogger,
    storage,
    wakeups: {
      publish: async () => undefined,
      subscribe: async () => async () => undefined,
      onReconnect: () => () => undefined,
      close: async () => undefined,
    },
    opener: { keyIds: [], open: notPlayed },
    limits: { ...ENGINE_LIMITS, unknownIntervalMs: 1, breakerIntervalMs: 1 },
    shard: 0,
    pass: () => undefined,
    networks: [],
    tuning: {
      liveChain: 'testnet',
      workers: 0,
      simulated: { claimSigner: false },
      chunk: 1,
      answerTimeoutMs: 1,
      presignaturesPerWorker: 0,
      egress: [],
      rateLimits: null,
    },
    onWave: () => undefined,
    broken: (why) => void ended.push(why),
    lead: { holds: () => true, end: notPlayed },
  };
}

/** Writes leader, follower, venue account and an active copy as the gateway does, and takes them into memory as a start does. */
async function cast(ctx: EngineContext, app: Storage, scope: TenantScope, network: Network): Promise<{ account: AccountRecord; copy: CopyRecord }> {
  const watchedRow = await app.platform((unit) => unit.inbox.watch('hyperliquid', 'sim', LEADER));
  const copyId = await writeRows(ctx, app, scope, watchedRow.no);
  const { accounts, found } = await app.scoped(scope, async (unit) => ({
    accounts: await unit.venueAccounts.loadable(),
    found: await runningCopy(unit, copyId),
  }));
  const watched = newWatched(watchedRow, network, { begun: true, historyFrom: 0 }, ctx.registry.followers);
  ctx.registry.watched.set(watched.no, watched);
  watched.book.sheet(STAGE_COIN);
  const account = addAccount(ctx, present(accounts[0], 'the venue account'), scope, network, {
    fillsReadTo: 0,
    fundingReadTo: 0,
    changedInsideAt: 0,
  });
  account.signs = true;
  truthRead(ctx, account, account.truthContradicted);
  return { account, copy: addCopy(ctx, scope, present(found, 'the copy'), watched, account, []) };
}

async function writeRows(ctx: EngineContext, app: Storage, scope: TenantScope, watchedNo: bigint): Promise<CopyId> {
  const { ids } = ctx;
  const now = ctx.clock.now();
  const [leaderId, followerId, accountId, copyId] = [ids.next('leader'), ids.next('follower'), ids.next('venueAccount'), ids.next('copy')];
  const made = { createdAt: now, updatedAt: now };
  await app.scoped(scope, async (unit) => {
    await unit.leaders.insert({ id: leaderId, watchedNo, name: 'leader', terms: {}, status: 'active', access: 'everyone', ...made });
    await unit.followers.insert({ id: followerId, externalRef: null, status: 'active', ...made });
    await unit.venueAccounts.insert({
      id: accountId,
      followerId,
      venue: 'hyperliquid',
      network: 'sim',
      address: FOLLOWER,
      ...MAIN_ACCOUNT,
      mode: 'standard',
      agentAddress: FOLLOWER,
      sealedAgentKey: Buffer.from('sealed'),
      agentStatus: 'approved',
      agentValidUntil: null,
      builderAddress: null,
      builderFeeApproved: 0,
      approvals: {},
      status: 'active',
      statusReason: null,
      ...made,
    });
    await unit.copies.insert({
      id: copyId,
      leaderId,
      followerId,
      venueAccountId: accountId,
      allocation: ALLOCATION,
      state: 'active',
      stateReason: 'prepared',
      settingsVersion: 1,
      ...made,
      startedAt: now,
      stoppedAt: null,
      unwindBy: null,
    });
    await unit.copies.addSettings({ copyId, version: 1, settings: encodeCopySettings(defaultCopySettings()), actor: 'test', effectiveFrom: now });
  });
  return copyId;
}
