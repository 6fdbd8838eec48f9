import { type Money, type TenantScope, toExact } from '@lockstep/kernel';
import { EPISODE, type InstrumentSheet, microToSize, type TakenOn, type TakeOnOptions, takeOn } from '@lockstep/replication';
import type { StartPolicy } from '@lockstep/roster';
import { type EngineScopedUnit, savePositionStates, type TakenOnResult } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { VenuePosition } from '@lockstep/venues/port';
import type { Bookkeeper } from '../books/bookkeeper';
import { positionStateOf } from '../books/position-state-of';
import type { EngineContext } from '../context';
import { orTakeBack, type ProposalChange, takeAsked, writeChanges } from '../proposals/proposal-changes';
import { type Intent, intentOf } from '../state/intent';
import { type CopyRecord, hasEnded, type WatchedAccount } from '../state/registry';
import { takeBackIntent } from '../state/take-back-intent';
import { differs } from '../wave/intents-of';
import { refreshPrices } from '../wave/plan-moves';
import type { WaveLanes } from '../wave/wave-lanes';

/** Leader's own entries by coin, 10^-8. */
export type LeaderEntries = ReadonlyMap<string, number>;

/** Reads at which prices the leader entered what it holds; null when a dex could not be read. */
export async function leaderEntries(ctx: EngineContext, watched: WatchedAccount): Promise<LeaderEntries | null> {
  const dexes = new Set([...watched.book.allSheets()].filter(({ leaderLots }) => leaderLots !== 0).map(({ instrument }) => instrument.dex));
  const found = new Map<string, number>();
  for (const dex of dexes) {
    const read = await ctx.truthReads.run(() => watched.network.venue.truth.account(watched.address, dex));
    if (!read.ok) return null;
    for (const { coin, entryPrice } of read.value.positions as readonly VenuePosition[]) found.set(coin, toExact(entryPrice, 'entry price'));
  }
  return found;
}

/**
 * Takes on the leader's present positions for one copy, instrument by instrument in its lane, by the copy's mode and caps; targets are written down before the
 * next repair acts on them. `entries`: only where the copy waits for an open, and inside the band around the leader's entry; null: everywhere.
 */
export async function takeOnPositions(
  ctx: EngineContext,
  parts: { readonly books: Bookkeeper; readonly lanes: Pick<WaveLanes, 'alone'> },
  copy: CopyRecord,
  entries: { readonly prices: LeaderEntries; readonly band: Extract<StartPolicy, { kind: 'adopt' }>['band'] } | null,
): Promise<TakenOnResult> {
  const { watched } = copy;
  const instruments: TakenOnResult['instruments'][number][] = [];
  for (const sheet of [...watched.book.allSheets()]) {
    const { coin } = sheet.instrument;
    await parts.lanes.alone(watched, coin, async () => {
      const { rows } = sheet;
      if (watched.book.copies.copyNo[copy.row] !== copy.no) return;
      if (sheet.leaderLots === 0 && (rows.target[copy.row] ?? 0) === 0) return;
      // What the copy follows since its beginning is not begun again.
      if (entries !== null && ((rows.episode[copy.row] ?? 0) & EPISODE.awaitingOpen) === 0) return;
      refreshPrices(watched);
      const band =
        entries === null || entries.band === null ? null : { entryPrice: entries.prices.get(coin) ?? 0, width: toExact(entries.band, 'band') };
      const before = intentOf(sheet, copy.row);
      const taken = takeOn(watched.book, sheet, copy.row, optionsOf(ctx, watched, band));
      // What kept the copy out may have ended without a target, and a window may have begun.
      const place = { copyNo: copy.no, coin, before: ctx.proposals.get(copy.no, coin) };
      const changes = askedOf(ctx, copy, sheet, taken);
      const also = changes.length === 0 ? undefined : (unit: EngineScopedUnit) => writeChanges(unit, changes);
      if (also !== undefined || differs(intentOf(sheet, copy.row), before))
        await orTakeBack(ctx, place, () => keepIntent(ctx, parts.books, copy, sheet, before, also));
      instruments.push({
        coin,
        targetBefore: microToSize(sheet.instrument, taken.before).toString(),
        target: microToSize(sheet.instrument, taken.after).toString(),
        reason: taken.reason,
      });
    });
  }
  return { instruments };
}

/** What the follower is asked about instead of an increase. It takes the place of what was asked before, so that a wish made twice asks once. */
function askedOf(ctx: EngineContext, copy: CopyRecord, { instrument }: InstrumentSheet, { asked, reason }: TakenOn): readonly ProposalChange[] {
  const now = Math.floor(ctx.clock.now());
  if (asked === undefined) return reason === null ? takeAsked(ctx, copy, instrument, null, now) : [];
  return takeAsked(ctx, copy, instrument, { ...asked, endsAt: now + (copy.settings.approveWithinMs ?? 0) }, now);
}

function optionsOf(ctx: EngineContext, watched: WatchedAccount, band: TakeOnOptions['band']): TakeOnOptions {
  const now = Math.floor(ctx.clock.now());
  const { markets } = watched.network;
  return {
    now,
    markMaxAgeMs: ctx.limits.markMaxAgeMs,
    bookMaxAgeMs: ctx.limits.bookMaxAgeMs,
    leaderEquity: watched.leader.equityBefore(markets.dollarClearinghouses(), now) as Money | null,
    leaderVolatility: watched.volatility.value,
    band,
  };
}

/**
 * Writes the target down, behind what the books have in hand for the scope. What could not be written is taken back, so that the command, made again, finds
 * what there is to do: a target known here alone would be lost by a restart, and what was bought for it closed.
 */
export async function keepIntent(
  ctx: EngineContext,
  books: Bookkeeper,
  copy: CopyRecord,
  sheet: InstrumentSheet,
  before: Intent,
  also?: (unit: EngineScopedUnit) => Promise<void>,
): Promise<void> {
  const intent = intentOf(sheet, copy.row);
  try {
    await writeIntent(ctx, books, copy, sheet, intent, also);
  } catch (failure) {
    takeBackIntent(copy, sheet, intent, before);
    throw failure;
  }
}

/**
 * Writes what a copy intends in an instrument outside of a wave, with what is to be written besides in the same transaction. A copy that ended meanwhile intends
 * nothing.
 */
export async function writeIntent(
  ctx: EngineContext,
  books: Bookkeeper,
  copy: CopyRecord,
  sheet: InstrumentSheet,
  intent: Intent,
  also?: (unit: EngineScopedUnit) => Promise<void>,
): Promise<void> {
  await writeOfScope(ctx, books, sheet, { scope: copy.account.scope, intents: [{ copy, intent }] }, also);
}

/** The same for several copies as they stand, those of a brand in one transaction: one that fails keeps no other brand's from being written. */
export async function writeIntents(ctx: EngineContext, books: Bookkeeper, copies: readonly CopyRecord[], sheet: InstrumentSheet): Promise<void> {
  const scopes = new Map<string, IntentsOfScope>();
  for (const copy of copies) {
    const { scope } = copy.account;
    const entry = scopes.get(scopeKey(scope)) ?? { scope, intents: [] };
    entry.intents.push({ copy, intent: intentOf(sheet, copy.row) });
    scopes.set(scopeKey(scope), entry);
  }
  const written = await Promise.allSettled([...scopes.values()].map((entry) => writeOfScope(ctx, books, sheet, entry)));
  for (const end of written) if (end.status === 'rejected') throw end.reason;
}

interface IntentsOfScope {
  readonly scope: TenantScope;
  readonly intents: { readonly copy: CopyRecord; readonly intent: Intent }[];
}

async function writeOfScope(
  ctx: EngineContext,
  books: Bookkeeper,
  { instrument }: InstrumentSheet,
  { scope, intents }: IntentsOfScope,
  also?: (unit: EngineScopedUnit) => Promise<void>,
): Promise<void> {
  const { coin } = instrument;
  await books.run(scope, async () => {
    const running = intents.filter(({ copy }) => !hasEnded(copy));
    const states = running.map(({ copy, intent }) => positionStateOf(copy.no, instrument, ctx.booked.get(copy.no, coin).booked, intent));
    await ctx.storage.scoped(scope, async (unit) => {
      await savePositionStates(unit, states);
      await also?.(unit);
    });
    for (const { copy, intent } of running) {
      ctx.booked.set(copy.no, coin, { booked: ctx.booked.get(copy.no, coin).booked, intent });
      // The next wave is compared with this, not with the wave before: one that leads back to that one's target would not be written.
      ctx.booked.hand(copy.no, coin, intent);
    }
  });
}
