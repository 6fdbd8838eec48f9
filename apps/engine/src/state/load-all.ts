import type { EngineContext } from '../context';
import type { EngineParts } from '../engine-parts';
import { addAccount, addCopy, restorePositions } from './load-book';
import { loadKeys, loadSpareKey } from './load-keys';
import type { NetworkDirectory } from './network-directory';
import { NetworkUnread } from './networks';
import type { ScopeRows } from './read-scopes';
import type { WatchedAccount } from './registry';

/** Accounts with their keys, leaders, copies and positions of all scopes, into memory. */
export async function loadAll(parts: EngineParts, ctx: EngineContext, directory: NetworkDirectory, rows: readonly ScopeRows[]): Promise<void> {
  for (const scope of rows) {
    const added = [];
    for (const row of scope.accounts) {
      // A closed one is read on, and has no copies.
      if (row.status !== 'active' && row.status !== 'closed') continue;
      const network = await directory.find(row.venue, row.network);
      if (network === null) continue;
      const record = addAccount(ctx, row, scope.scope, network, {
        fillsReadTo: scope.fillTimes.get(Number(row.no)) ?? row.createdAt,
        fundingReadTo: scope.fundingTimes.get(Number(row.no)) ?? row.createdAt,
        changedInsideAt: scope.insideTimes.get(Number(row.no)) ?? 0,
      });
      added.push({ record, row });
    }
    await loadKeys(ctx, parts.opener, added);
    for (const { record } of added) {
      const former = scope.formerAgents.get(record.id);
      if (former !== undefined) record.formerSigner = await loadSpareKey(ctx, parts.opener, record, former);
    }
    ctx.proposals.load(scope.scope, scope.proposals, (business) => ctx.clocks.realTime(scope.scope, business));
    for (const limits of scope.limits) ctx.chain.take(scope.scope, limits.targetId, limits);
    for (const row of scope.entitlements) ctx.rights.takeEntitlement(scope.scope, row);
    ctx.rights.takeTerms(scope.scope, scope.terms);
    for (const leader of scope.leaders) (await leaderAccount(ctx, directory, scope, leader.watchedNo))?.leaders.add(leader.id);
    const running = [];
    for (const copy of scope.copies) {
      if (copy.state !== 'preparing') running.push({ copy, watched: await directory.watched(ctx, copy.watchedNo) });
    }
    // From here to their positions nothing is waited for: a mark that came in between would judge copies by what they have realised alone.
    for (const { copy, watched } of running) {
      const account = ctx.registry.accountsByNo.get(copy.venueAccountNo);
      if (account === undefined || watched === null) {
        ctx.log.error('a copy has no account or leader to run on', { copyNo: copy.no });
        continue;
      }
      addCopy(ctx, scope.scope, copy, watched, account, scope.schedules);
    }
    restorePositions(ctx, scope.positions, scope.own);
    for (const copy of ctx.registry.copies.values()) {
      const net = ctx.booked.netPnl(copy.no);
      copy.watched.book.copies.netPnl[copy.row] = Number(net);
    }
  }
}

/**
 * A leader's account. Null where it is on a network that was never read: he has no copies yet, the command that has him watched is carried out again until it can be,
 * and everybody else's copies must not wait for that.
 */
async function leaderAccount(ctx: EngineContext, directory: NetworkDirectory, { copies }: ScopeRows, no: number): Promise<WatchedAccount | null> {
  try {
    return await directory.watched(ctx, no);
  } catch (failure) {
    const isCopied = copies.some(({ watchedNo, state }) => watchedNo === no && state !== 'preparing');
    if (!(failure instanceof NetworkUnread) || isCopied) throw failure;
    ctx.log.error('a leader is on a network that was never read; it is watched once that is', { watchedNo: no, error: failure });
    return null;
  }
}
