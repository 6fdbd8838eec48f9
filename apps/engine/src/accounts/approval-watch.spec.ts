import { err, money, ok, type Result, UNIT } from '@lockstep/kernel';
import { silentLogger, systemTimers } from '@lockstep/platform';
import { CopyBook } from '@lockstep/replication';
import { entryOf, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { ActionOutcome, AgentApproval, VenueReadError } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { Bookkeeper } from '../books/bookkeeper';
import { type EngineContext, StopVersion } from '../context';
import { ENGINE_LIMITS } from '../limits';
import type { Network } from '../state/networks';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { TestClocks } from '../test-clocks';
import { ApprovalWatch } from './approval-watch';
import { Doubts } from './doubts';

const DAY = 86_400_000;
const AGENT = '0xa1';
const BUILDER = '0xb1';
type Agents = Result<readonly AgentApproval[], VenueReadError>;

const listed = (validUntil: number): Agents => ok([{ name: 'ct', address: AGENT, validUntil }]);
const NOBODY: Agents = ok([]);
const GONE: ActionOutcome = { kind: 'rejected', code: 'unknown_signer', text: 'does not exist' };

/** One account with one copy, watched; the venue answers as `venue` says, and the clock is turned by hand. */
function watched(part: Partial<AccountRecord> = {}) {
  const time = { now: 1_000 * DAY };
  const venue = { agents: listed(time.now + 60 * DAY), noop: GONE, builderFee: 50, asked: [] as string[] };
  const truth = {
    agents: async () => {
      venue.asked.push('agents');
      return venue.agents;
    },
    builderApproval: async () => {
      venue.asked.push('builder');
      return ok(venue.builderFee);
    },
  };
  const noop = async () => {
    venue.asked.push('noop');
    return venue.noop;
  };
  const builderStanding = async () => ok({ standardMode: true, accountValue: money(99n * UNIT) });
  const network = {
    name: 'sim',
    venueName: 'v',
    venue: { truth, orders: { noop }, accounts: { builderStanding }, capabilities: { builderFee: false } },
  } as unknown as Network;
  const book = new CopyBook([BUILDER]);
  const row = book.addCopy(entryOf(1, settingsOf('1')));
  const account = {
    no: 1,
    network,
    signs: true,
    signer: 0,
    wallet: '0xw',
    agentAddress: AGENT,
    agentStatus: 'approved',
    agentValidUntil: time.now + 60 * DAY,
    builderAddress: BUILDER,
    builderFeeApproved: 50,
    ...part,
  } as AccountRecord;
  const copy = { no: 1, row, account, group: { scope: {} }, watched: { book, network, builders: [BUILDER] } } as unknown as CopyRecord;
  const doubts = new Doubts();
  /** What the database answers of the tenant's fee schedules, one reading after the other; so many are known as are to come. */
  const schedules: unknown[][] = [];
  const taken: number[] = [];
  const written: string[] = [];
  const database = { isAway: false };
  const whenThere = async <T>(work: () => T): Promise<T> => {
    if (database.isAway) throw new Error('the database is away');
    return work();
  };
  const ctx = {
    clocks: new TestClocks(),
    clock: { now: () => time.now, monotonic: () => time.now },
    nonces: { next: () => 1 },
    log: silentLogger,
    limits: ENGINE_LIMITS,
    registry: { accounts: () => [account], copiesOf: () => [copy] },
    storage: { scoped: () => whenThere(() => schedules.shift() ?? []) },
    stops: new StopVersion(),
    sending: { busy: false },
    feeTerms: { take: (_scope: unknown, rows: readonly unknown[]) => void taken.push(rows.length), count: () => schedules.length },
    doubts,
    timers: systemTimers,
  } as unknown as EngineContext;
  const books = { run: () => whenThere(() => void written.push(account.agentStatus)) } as unknown as Bookkeeper;
  return {
    watch: new ApprovalWatch(ctx, books),
    account,
    copy,
    venue,
    time,
    doubts,
    written,
    database,
    schedules,
    taken,
    until: () => book.copies.agentValidUntil[row],
  };
}

describe('an agent under watch', () => {
  it('is told as expiring and as expired without asking anybody, each once, and takes no entry after its end', async () => {
    const { watch, account, venue, time, written, until } = watched();
    const end = account.agentValidUntil;
    venue.agents = err({ code: 'unreachable', detail: 'x' });
    time.now = end - 13 * DAY;
    await watch.look();
    await watch.look();
    expect([account.agentStatus, until()]).toEqual(['expiring', end]);
    time.now = end + 1;
    await watch.look();
    // Exits are tried on for a minute, by the venue's own clock; entries ended with the agent.
    expect([account.agentStatus, until(), written]).toEqual(['expired', end, ['expiring', 'expired']]);
  });

  it('that came near its end while the database was away is told once it is back', async () => {
    const { watch, account, venue, time, written, database } = watched();
    venue.agents = err({ code: 'unreachable', detail: 'x' });
    time.now = account.agentValidUntil - 13 * DAY;
    database.isAway = true;
    for (let second = 0; second < 3; second += 1) await watch.look();
    expect([account.agentStatus, written]).toEqual(['expiring', []]);
    database.isAway = false;
    for (let second = 0; second < 3; second += 1) await watch.look();
    expect(written).toEqual(['expiring']);
  });

  it('that is gone is tried for exits one second in thirty', () => {
    const { watch, copy, time } = watched({ agentStatus: 'removed' });
    const tried: number[] = [];
    for (let second = 0; second < 60; second += 1) {
      time.now += 1_000;
      watch.paceExits();
      if ((copy.watched.book.copies.signer[copy.row] ?? -1) >= 0) tried.push(second);
    }
    expect([tried.length, (tried[1] ?? 0) - (tried[0] ?? 0)]).toEqual([2, 30]);
  });

  it.each<[string, Agents, ActionOutcome, Partial<AccountRecord>, boolean, string]>([
    ['named in the list', listed(1_060 * DAY), GONE, {}, true, 'approved'],
    ['named with a nearer end', listed(1_002 * DAY), GONE, {}, false, 'expiring'],
    ['gone from the list and without power', NOBODY, GONE, {}, false, 'removed'],
    ['gone from the list, its proof unanswered', NOBODY, { kind: 'unknown', detail: 'x' }, {}, false, 'approved'],
    ['unnamed and not doubted', NOBODY, GONE, { agentValidUntil: 0 }, false, 'approved'],
    ['unnamed, doubted, and without power', NOBODY, GONE, { agentValidUntil: 0 }, true, 'removed'],
    ['unnamed, doubted, and proven', NOBODY, { kind: 'accepted', response: null }, { agentValidUntil: 0 }, true, 'approved'],
  ])('%s', async (_name, agents, noop, part, doubted, status) => {
    const { watch, account, venue, doubts, until } = watched(part);
    Object.assign(venue, { agents, noop });
    if (doubted) doubts.agents.add(account);
    await watch.look();
    expect(account.agentStatus).toBe(status);
    if (status === 'removed') expect(until()).toBe(0);
  });

  it('is found again when the list names it again', async () => {
    const { watch, account, venue, time } = watched({ agentStatus: 'removed' });
    venue.agents = listed(time.now + 60 * DAY);
    await watch.look();
    expect(account.agentStatus).toBe('approved');
  });

  it('is asked about no faster than the budget allows', async () => {
    const { watch, venue, time } = watched();
    await watch.look();
    const first = venue.asked.length;
    for (let second = 0; second < 60; second += 1) {
      time.now += 1_000;
      await watch.look();
    }
    expect(first).toBeLessThanOrEqual(2);
    expect(venue.asked.length - first).toBeLessThanOrEqual(ENGINE_LIMITS.approvalReadsPerMinute);
  });
});

describe('a builder fee under watch', () => {
  it('withdrawn at the venue is taken with the refusal, and asked about before its turn', async () => {
    const { watch, account, copy, venue, doubts } = watched();
    copy.watched.book.copies.builderApproved[copy.row] = 1;
    venue.builderFee = 0;
    doubts.take(copy, 'builder_not_approved');
    expect(copy.watched.book.copies.builderApproved[copy.row]).toBe(0);
    await watch.look();
    expect([venue.asked[0], account.builderFeeApproved, doubts.builders.size]).toEqual(['builder', 0, 0]);
  });

  it.each([
    ['changed', 60, false],
    ['found to stand although an order was refused for it', 50, true],
  ])('%s while the database is away is put on the copies as soon as it is back', async (_what, builderFee, doubted) => {
    const { watch, account, venue, time, doubts, taken, written, database } = watched();
    venue.builderFee = builderFee;
    if (doubted) doubts.builders.add(account);
    database.isAway = true;
    await watch.look();
    expect([venue.asked.includes('builder'), taken]).toEqual([true, []]);
    database.isAway = false;
    time.now += 60_000 / ENGINE_LIMITS.approvalReadsPerMinute;
    await watch.look();
    expect([taken, account.builderFeeApproved, written.length]).toEqual([[0], builderFee, doubted ? 0 : 1]);
  });

  it('is put on the copies by no fee schedule that is older than the one they bear', async () => {
    const { watch, account, doubts, schedules, taken } = watched();
    // The first reading began before the version was made that is known by the time of its answer.
    schedules.push([], [{}]);
    doubts.builders.add(account);
    await watch.look();
    expect(taken).toEqual([1]);
  });

  it('most refusals put nothing in doubt', () => {
    const { copy, doubts } = watched();
    doubts.take(copy, 'margin');
    doubts.take(undefined, 'unknown_signer');
    expect(doubts.agents.size + doubts.builders.size).toBe(0);
  });

  it('a builder below the venue’s minimum is warned of, and asked about once an hour', async () => {
    const { watch, account } = watched();
    expect(await watch.builderWarning(account.network, BUILDER)).toBe('below_minimum_value');
  });
});
