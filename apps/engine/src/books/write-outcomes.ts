import { moveData } from '@lockstep/delivery';
import { formatSize, fromLots, type Instrument, type TenantScope } from '@lockstep/kernel';
import { MICRO, type ReasonCode, reasonAt } from '@lockstep/replication';
import {
  type EngineScopedUnit,
  type NewEvent,
  type NewRow,
  type OrderRow,
  type PositionState,
  savePositionStates,
  saveProposals,
} from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { newestRows, type ProposalChange } from '../proposals/proposal-changes';
import { type BookGroup, type CopyRecord, hasEnded } from '../state/registry';
import type { PlannedWave } from '../wave/planned-wave';
import type { RecordedMove } from '../wave/recorded-move';
import { forfeitedEvent } from './forfeited-event';
import { orderRecord } from './order-record';
import type { WaveOutcome } from './outcome-batch';
import { positionStateOf } from './position-state-of';

/** Reasons that mean one of our checks refused new risk: told as `order.denied`. The others say that there was nothing to do. */
export const DENIALS: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'kill_switch',
  'breaker',
  'paused',
  'suspended',
  'entitlement',
  'consent',
  'agent_invalid',
  'stale_move',
  'stale_mark',
  'stale_truth',
  'policy',
  'instrument_filter',
  'no_collateral',
  'account_type',
  'foreign_collateral',
  'delisted',
  'cap_position_size',
  'cap_position_notional',
  'cap_position_share',
  'cap_allocation',
  'cap_leverage',
  'cap_concentration',
  'cap_gross',
  'cap_margin',
  'cap_capacity',
  'cap_platform',
  'rate_budget',
  'price_bound',
  'no_price',
  'builder_unapproved',
  'leader_equity',
  'leader_volatility',
  'leader_orders_unknown',
  'max_adds',
  'winding_down',
  'handing_over',
  'state_limit',
  'equity_exhausted',
  'approval_needed',
]);

/**
 * Writes what waves did to one tenant in one transaction: order rows, intents, the mark on their journal rows and public events, in the order of
 * the waves. Runs behind the sending; a row written twice meets its own key, and its events are told once. Fills, entries and positions follow when the venue's own fills were
 * read, because only those know the fees.
 */
export async function writeOutcomes(ctx: EngineContext, scope: TenantScope, outcomes: readonly WaveOutcome[]): Promise<void> {
  const mine = scopeKey(scope);
  const inScope: InScope = (copy): copy is CopyRecord => copy !== undefined && scopeKey(copy.group.scope) === mine;
  const orders: NewRow<OrderRow>[] = [];
  const told = outcomes.map((outcome) => {
    const events = [...moveEvents(ctx, outcome, mine), ...deniedEvents(ctx, outcome, inScope), ...forfeitEvents(ctx, outcome, inScope)];
    for (const record of orderRecords(ctx, outcome, inScope)) {
      orders.push(record.row);
      events.push(record.event);
    }
    const asked = askedOf(ctx, outcome, inScope);
    events.push(...asked.map(({ event }) => event));
    return { wave: BigInt(outcome.wave.journalNo), events, asked };
  });
  const kept = newestIntents(outcomes, inScope);
  await ctx.storage.scoped(scope, async (unit) => {
    await unit.orders.save(orders);
    await saveIntents(ctx, unit, kept);
    const fresh = await unit.journal.markWritten(
      ctx.shard,
      told.map(({ wave }) => wave),
    );
    await saveProposals(unit, newestRows(told.flatMap(({ wave, asked }) => (fresh.has(wave) ? asked : []))));
    // A wave that is marked was told by a unit that committed although its answer was lost.
    await unit.events.append(told.flatMap(({ wave, events }) => (fresh.has(wave) ? events : [])));
  });
  for (const { id } of orders) ctx.firstFills.forget(id);
  for (const { copy, coin, intent } of kept) {
    const { booked } = ctx.booked.get(copy.no, coin);
    ctx.booked.set(copy.no, coin, { booked, intent });
  }
}

type InScope = (copy: CopyRecord | undefined) => copy is CopyRecord;

function* orderRecords(ctx: EngineContext, outcome: WaveOutcome, inScope: InScope): Generator<ReturnType<typeof orderRecord>> {
  const { orders } = outcome.wave.plan;
  for (let row = 0; row < orders.count; row += 1) {
    const copy = ctx.registry.copies.get(orders.copyNo[row] ?? 0);
    if (!inScope(copy)) continue;
    const journaledAt = outcome.times.get(copy.group.index) ?? Math.floor(outcome.wave.marks.journaledAt);
    yield orderRecord(ctx, outcome.wave, outcome.state, row, copy, journaledAt);
  }
}

interface KeptIntent {
  readonly copy: CopyRecord;
  readonly coin: string;
  readonly instrument: Instrument;
  readonly intent: WaveOutcome['intents'][number]['intent'];
}

/**
 * What each copy wants of an instrument after the last of these waves: one row may be written once per statement. A copy that was stopped meanwhile wants
 * nothing any more, and memory has forgotten the money that would be written beside it.
 */
function newestIntents(outcomes: readonly WaveOutcome[], inScope: InScope): readonly KeptIntent[] {
  const newest = new Map<string, KeptIntent>();
  for (const { wave, intents } of outcomes) {
    const { coin } = wave.plan;
    for (const { copy, intent } of intents)
      if (inScope(copy) && !hasEnded(copy)) newest.set(`${copy.no} ${coin}`, { copy, coin, instrument: wave.sheet.instrument, intent });
  }
  return [...newest.values()];
}

async function saveIntents(ctx: EngineContext, unit: EngineScopedUnit, kept: readonly KeptIntent[]): Promise<void> {
  const states: PositionState[] = kept.map(({ copy, coin, instrument, intent }) =>
    positionStateOf(copy.no, instrument, ctx.booked.get(copy.no, coin).booked, intent),
  );
  await savePositionStates(unit, states);
}

function moveEvents(ctx: EngineContext, { wave, move }: WaveOutcome, mine: string): NewEvent[] {
  if (move === null) return [];
  const groups = new Set<number>();
  const { decisions } = wave.plan;
  for (let index = 0; index < decisions.count; index += 1) groups.add(decisions.scope[index] ?? 0);
  return [...groups]
    .map((index) => ctx.registry.groupAt(index))
    .filter((group) => scopeKey(group.scope) === mine)
    .map((group) => moveEvent(ctx, move, group));
}

function deniedEvents(ctx: EngineContext, { wave }: WaveOutcome, inScope: InScope): NewEvent[] {
  if (wave.cause !== 'move') return [];
  const events: NewEvent[] = [];
  const { decisions } = wave.plan;
  for (let index = 0; index < decisions.count; index += 1) {
    const copy = ctx.registry.copies.get(decisions.copyNo[index] ?? 0);
    const reason = reasonAt(decisions.reason[index] ?? 0);
    if (reason === null || !DENIALS.has(reason) || !inScope(copy)) continue;
    events.push(deniedEvent(ctx, wave, index, copy, reason));
  }
  return events;
}

function forfeitEvents(ctx: EngineContext, outcome: WaveOutcome, inScope: InScope): NewEvent[] {
  const events: NewEvent[] = [];
  for (const forfeit of outcome.wave.forfeits) {
    const copy = ctx.registry.copies.get(forfeit.copyNo);
    if (inScope(copy)) events.push(forfeitedEvent(ctx, copy, outcome.wave.sheet.instrument, forfeit));
  }
  return events;
}

/** What a wave asks the followers of the tenant about. */
function askedOf(ctx: EngineContext, { wave }: WaveOutcome, inScope: InScope): readonly ProposalChange[] {
  return (wave.asked ?? []).filter(({ row }) => inScope(ctx.registry.copies.get(Number(row.copyNo))));
}

/** The public event of a move for one leader of a tenant. */
export function moveEvent(ctx: EngineContext, recorded: RecordedMove, group: BookGroup): NewEvent {
  const { move } = recorded;
  const data = moveData({
    leaderId: group.leaderId,
    moveId: BigInt(recorded.wave),
    seq: BigInt(recorded.seq),
    coin: move.coin,
    before: move.before,
    after: move.after,
    vwap: move.incrementPrice ?? move.lastPrice,
    firstFillMs: move.firstFillAt,
    lastFillMs: move.lastFillAt,
  });
  return newEvent(ctx, 'leader.move', move.lastFillAt, data);
}

function deniedEvent(ctx: EngineContext, wave: PlannedWave, index: number, copy: CopyRecord, reason: ReasonCode): NewEvent {
  const { decisions } = wave.plan;
  const gap = (decisions.targetAfter[index] ?? 0) / MICRO - (decisions.position[index] ?? 0);
  return newEvent(ctx, 'order.denied', wave.marks.plannedAt, {
    copy_id: copy.id,
    leader_id: copy.group.leaderId,
    move_id: String(wave.plan.wave),
    coin: wave.plan.coin,
    side: gap === 0 ? null : gap > 0 ? 'buy' : 'sell',
    wanted_size: sizeText(wave.sheet.instrument, Math.abs(gap)),
    reason,
  });
}

const sizeText = (instrument: Instrument, lots: number): string => formatSize(fromLots(instrument, Math.floor(lots)));
