import { createHash } from 'node:crypto';
import { type EpochMs } from '@lockstep/kernel';
import { type DecisionCheck, type Receipt, readMove, receiptAt, recomputeDecision, repackJournal } from '@lockstep/replication';
import { type CopySettings, decodeCopySettings } from '@lockstep/roster';
import type { LeaderFill, Observation } from '@lockstep/simulation';
import type { MoveRow } from '@lockstep/storage';
import type { SeedEnd } from '../seed-watch';
import { cloidsOf, keyOf, type Place } from './places';
import type { Told } from './recording';

/** A decision with everything behind it. */
export interface ShownDecision {
  readonly key: string;
  readonly copyId: string;
  /** When its row was committed, and by which process. */
  readonly at: EpochMs;
  readonly step: number;
  readonly process: string;
  readonly journal: {
    readonly sha256: string;
    readonly length: number;
    /** Whether the database has these very bytes at the end of the run. */
    readonly stored: boolean;
    /** Whether the row with what was recomputed in it packs to these very bytes. */
    readonly repacked: boolean;
  };
  readonly receipt: Receipt;
  readonly settings: CopySettings | null;
  /** Null: the settings of its version cannot be read, so that nothing can be recomputed. */
  readonly checks: readonly DecisionCheck[] | null;
  readonly told: DecisionTold;
}

/** What the auditor was told about a decision. */
export interface DecisionTold {
  /** The last mark its process was told before its commit; null: none. */
  readonly mark: Extract<Observation, { kind: 'mark_delivered' }> | null;
  /** The fills of the leader's move as its process was told them. */
  readonly leaderFills: readonly LeaderFill[];
  /** Position of the copy's account at the venue when the row was committed, 10^-8. */
  readonly position: bigint;
  /** Terms in force; null: none were told. */
  readonly terms: Extract<Observation, { kind: 'copy_terms' }> | null;
  /** What is told of its orders, from journal to fill. */
  readonly orders: readonly Told[];
}

/** Reads what stands behind decisions out of the store and out of what was told. The run's store has to be open. */
export async function showAll(places: readonly Place[], told: readonly Told[], end: SeedEnd): Promise<readonly ShownDecision[]> {
  const ids = [...new Set(places.map(({ committed }) => committed.moveId))];
  const moves = new Map((await end.store.moves(ids)).map((move) => [move.id, move]));
  const shown: ShownDecision[] = [];
  for (const place of places) shown.push(await show(place, moves.get(place.committed.moveId), told, end));
  return shown;
}

/** Whether a decision can be told apart from what its journaled inputs give. */
export const isSound = ({ checks, journal }: ShownDecision): boolean =>
  journal.stored && (checks === null || (journal.repacked && checks.every(({ verdict }) => verdict !== 'differs')));

async function show(place: Place, move: MoveRow | undefined, told: readonly Told[], { store, cast }: SeedEnd): Promise<ShownDecision> {
  const { committed, row, index, copyId, owedPrice } = place;
  const { scope, moveId, shard, part, bytes } = committed;
  const receipt = receiptAt(row, index);
  const copy = cast.copyOf(copyId);
  const [stored, version] = await store.engine.scoped(scope, async (unit) => [
    await unit.journal.ofMoves(shard, [moveId]),
    copy === undefined ? null : await unit.copies.settings(copy.id, receipt.settingsVersion),
  ]);
  const settings = version === null ? null : readSettings(version.settings);
  const checks = settings === null ? null : recomputeDecision(row, index, { settings, move: moveOf(move), owedPrice });
  return {
    key: keyOf(place),
    copyId,
    at: committed.at,
    step: committed.step,
    process: committed.process,
    journal: {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      length: bytes.length,
      stored: stored.some((one) => one.part === part && bytes.equals(one.packed)),
      repacked: checks !== null && bytes.equals(repackJournal(row, index, checks)),
    },
    receipt,
    settings,
    checks,
    told: toldOf(place, told, copy?.follower.address ?? ''),
  };
}

function readSettings(json: unknown): CopySettings | null {
  const settings = decodeCopySettings(json);
  return settings.ok ? settings.value : null;
}

function moveOf(row: MoveRow | undefined): Parameters<typeof recomputeDecision>[2]['move'] {
  const read = row === undefined ? null : readMove(row);
  if (read === null) return null;
  const { incrementPrice, lastPrice, newOrders } = read.move;
  return { incrementPrice: Number(incrementPrice ?? 0n), lastPrice: Number(lastPrice), newOrders };
}

function toldOf(place: Place, told: readonly Told[], account: string): DecisionTold {
  const { committed, row, copyId } = place;
  const cloids = new Set(cloidsOf(place));
  let mark: DecisionTold['mark'] = null;
  let terms: DecisionTold['terms'] = null;
  let position = 0n;
  const fills = new Map<string, LeaderFill>();
  const orders: Told[] = [];
  const leader = leaderOf(told, copyId);
  for (const one of told) {
    const { observation } = one;
    const cloid = cloidOf(observation);
    if (cloid !== null && cloids.has(cloid)) orders.push(one);
    if (observation.at > committed.at) continue;
    if (observation.kind === 'mark_delivered' && observation.coin === row.coin && observation.process === committed.process) mark = observation;
    if (observation.kind === 'copy_terms' && observation.copy.copyId === copyId) terms = observation;
    if (observation.kind === 'world_fill' && observation.account === account && observation.coin === row.coin)
      position += observation.buy ? observation.size : -observation.size;
    if (observation.kind !== 'leader_fills_delivered' || observation.leader !== leader || row.firstFillAt === 0) continue;
    for (const fill of observation.fills) if (fill.coin === row.coin && fill.time === row.firstFillAt) fills.set(fill.tradeId, fill);
  }
  return { mark, leaderFills: [...fills.values()], position, terms, orders };
}

function leaderOf(told: readonly Told[], copyId: string): string | null {
  for (const { observation } of told) if (observation.kind === 'copy_terms' && observation.copy.copyId === copyId) return observation.copy.leader;
  return null;
}

const cloidOf = (observation: Observation): string | null => {
  if (observation.kind === 'order_handed') return observation.order.cloid;
  return 'cloid' in observation ? observation.cloid : null;
};
