import { unwrap } from '@lockstep/kernel';
import { clientOrderIdText, decodeJournal, type JournalRow } from '@lockstep/replication';
import type { ToldViolation } from '../outcome';
import type { CommittedRow } from '../seed-watch';
import type { ReplayOptions } from './options';

/** Where a decision stands: in which committed row, and where in it. */
export interface Place {
  readonly committed: CommittedRow;
  readonly row: JournalRow;
  readonly index: number;
  readonly copyId: string;
  /** Reference of the copy's entry before this one in the coin, 10^-8; 0: there was none. */
  readonly owedPrice: number;
}

/** Violations whose decisions are shown; what comes after is only counted. */
const VIOLATIONS_MAX = 20;
/** Decisions shown of a violation that names no order, in each coin: the last ones before it. */
const DECISIONS_A_COIN = 3;
/** Decisions shown of a copy that was asked for: the last ones. */
const DECISIONS_OF_A_COPY_MAX = 200;

/** Name of a decision. */
export const keyOf = ({ committed: { moveId, shard, part }, row, copyId }: Place): string => `${moveId}/${shard}/${part} ${row.coin} ${copyId}`;

/** Every decision of a run, in the order of commits. Throws when bytes of a row cannot be read. */
export function placesOf(rows: readonly CommittedRow[], copyIdOf: (copyNo: number) => string): readonly Place[] {
  const owed = new Map<string, number>();
  return rows.flatMap((committed) => {
    const row = unwrap(decodeJournal(committed.bytes), 'a committed journal row');
    const places = Array.from({ length: row.decisions.count }, (_, index): Place => {
      const copyNo = row.decisions.copyNo[index] ?? 0;
      return { committed, row, index, copyId: copyIdOf(copyNo), owedPrice: owed.get(`${copyNo}|${row.coin}`) ?? 0 };
    });
    const { orders } = row;
    for (let order = 0; order < orders.count; order += 1)
      if (orders.exit[order] === 0) owed.set(`${orders.copyNo[order]}|${row.coin}`, orders.reference[order] ?? 0);
    return places;
  });
}

/** A violation and the names of the decisions behind it. */
export interface Blamed {
  readonly violation: ToldViolation;
  readonly decisions: readonly string[];
}

/** What is shown of a run, and how much there was beyond. */
export interface Chosen {
  readonly places: readonly Place[];
  readonly blamed: readonly Blamed[];
  readonly violationsLeftOut: number;
  readonly decisionsLeftOut: number;
}

/** The decisions of the copy that was asked for, or else those behind the violations. */
export function choose(places: readonly Place[], violations: readonly ToldViolation[], options: Pick<ReplayOptions, 'copyId' | 'coin'>): Chosen {
  const { copyId, coin } = options;
  const inCoin = coin === null ? places : places.filter(({ row }) => row.coin === coin);
  const shown = violations.filter((violation) => copyId === null || violation.copyId === copyId).slice(0, VIOLATIONS_MAX);
  const blamedPlaces = shown.map((violation) => ({ violation, places: behind(violation, inCoin) }));
  const blamed = blamedPlaces.map(({ violation, places: own }) => ({ violation, decisions: own.map(keyOf) }));
  const violationsLeftOut = violations.length - shown.length;
  if (copyId !== null) {
    const all = inCoin.filter((place) => place.copyId === copyId);
    return {
      places: all.slice(-DECISIONS_OF_A_COPY_MAX),
      blamed,
      violationsLeftOut,
      decisionsLeftOut: Math.max(0, all.length - DECISIONS_OF_A_COPY_MAX),
    };
  }
  const wanted = new Set(blamedPlaces.flatMap(({ places: own }) => own));
  return { places: inCoin.filter((place) => wanted.has(place)), blamed, violationsLeftOut, decisionsLeftOut: 0 };
}

/**
 * The decision whose order a violation names, with that of the leader's move before it where it is a repair; without an order the last decisions of the copy,
 * in the coins that its sentence names or, where it names none, in all.
 */
export function behind(violation: ToldViolation, places: readonly Place[]): readonly Place[] {
  const { copyId, cloid, at, text } = violation;
  if (cloid !== null) {
    const found = places.findIndex((place) => cloidsOf(place).includes(cloid));
    const place = places[found];
    if (place !== undefined) return [...moveBefore(places, found), place];
  }
  const own = places.filter((place) => place.copyId === copyId && place.committed.at <= at);
  const coins = [...new Set(own.map(({ row }) => row.coin))];
  const named = coins.filter((coin) => namesCoin(text, coin));
  return (named.length > 0 ? named : coins).flatMap((coin) => own.filter(({ row }) => row.coin === coin).slice(-DECISIONS_A_COIN));
}

function moveBefore(places: readonly Place[], found: number): readonly Place[] {
  const place = places[found];
  if (place === undefined || place.row.firstFillAt > 0) return [];
  const move = places.slice(0, found).findLast(({ copyId, row }) => copyId === place.copyId && row.coin === place.row.coin && row.firstFillAt > 0);
  return move === undefined ? [] : [move];
}

/** Client order ids of a decision's orders. */
export function cloidsOf({ row: { orders }, index }: Place): readonly string[] {
  const found: string[] = [];
  for (let order = 0; order < orders.count; order += 1)
    if (orders.decision[order] === index) found.push(clientOrderIdText(orders.clientOrderId, order * 16));
  return found;
}

const namesCoin = (text: string, coin: string): boolean => text.split(/[^A-Za-z0-9:]+/).some((word) => word.replace(/:$/, '') === coin);
