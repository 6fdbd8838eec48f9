import type {
  CalmSnapshot,
  CopyAtCalm,
  CopyFigures,
  LedgerTransactionRow as LedgerTransactionSeen,
  OrderRow as OrderSeen,
  PositionSeen,
} from '@lockstep/simulation';
import { INTERNAL_ORDER, type OrderRow } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { CalmRows } from './calm-rows';
import type { Cast } from './cast';
import type { JournalTap } from './journal-tap';
import type { SimStore } from './platform-store';
import { proofsOf } from './proofs';

const ENDS: Readonly<Record<OrderRow['status'], OrderSeen['end']>> = {
  journaled: 'open',
  sent: 'open',
  unknown: 'open',
  resting: 'open',
  filled: 'filled',
  partly_filled: 'filled',
  rejected: 'rejected',
  withheld: 'denied',
  cancelled: 'rejected',
  expired: 'not_landed',
};

/** Everything as it stands, for the auditor. */
export async function snapshotOf(
  at: number,
  store: SimStore,
  cast: Cast,
  journal: JournalTap,
  positions: CalmSnapshot['positions'],
  marks: CalmSnapshot['marks'],
): Promise<CalmSnapshot> {
  const parts = await Promise.all(
    cast.scopes.map(async (scope) => {
      const key = scopeKey(scope);
      return partOf(key, await store.rows(scope), journal);
    }),
  );
  const all = <K extends keyof Part>(name: K): Part[K][number][] => parts.flatMap((part) => [...part[name]] as Part[K][number][]);
  return {
    at,
    copies: all('copies'),
    positions,
    marks,
    orders: all('orders'),
    fills: all('fills'),
    transactions: all('transactions'),
    limitsTold: all('limitsTold'),
    breakersTold: all('breakersTold'),
    sharedTold: all('sharedTold'),
    mentions: all('mentions'),
    unapproved: all('unapproved'),
  };
}

const nothingIn = (journal: JournalTap, copyNo: number, states: readonly { readonly coin: string }[]) =>
  [...journal.coinsOf(copyNo)]
    .filter((coin) => !states.some((state) => state.coin === coin))
    .map((coin) => ({ coin, target: 0n, position: 0n, userClosed: false, dust: false, forfeitReason: null }));

type Part = Pick<CalmSnapshot, 'copies' | 'orders' | 'fills' | 'transactions' | 'mentions'> &
  Required<Pick<CalmSnapshot, 'limitsTold' | 'breakersTold' | 'sharedTold' | 'unapproved'>>;

function partOf(scope: string, rows: CalmRows, journal: JournalTap): Part {
  const booked = bookedOf(rows);
  const proofs = proofsOf(rows.events);
  const positions = new Map<number, CalmRows['positions'][number][]>();
  for (const state of rows.positions) {
    const known = positions.get(state.copyNo);
    if (known === undefined) positions.set(state.copyNo, [state]);
    else known.push(state);
  }
  const copies = rows.copies.map((copy): CopyAtCalm => {
    const states = positions.get(Number(copy.no)) ?? [];
    return {
      copyId: copy.id,
      state: copy.state as CopyAtCalm['state'],
      // What nothing came of has no row yet, but reasons.
      instruments: [...states, ...nothingIn(journal, Number(copy.no), states)].map(({ coin, target, position, userClosed, dust, forfeitReason }) => {
        const reasons = new Set(journal.reasonsOf(Number(copy.no), coin));
        if (userClosed) reasons.add('user_closed');
        if (dust) reasons.add('dust');
        if (forfeitReason !== null) reasons.add('forfeited');
        return { coin, target, position, reasons: [...reasons] };
      }),
      proof: proofs.get(copy.id),
      booked: booked.get(copy.id) ?? { realised: 0n, fees: 0n, funding: 0n },
      kept: keptIn(states),
    };
  });
  return {
    copies,
    orders: rows.orders.map((order) => ({
      scope,
      copyId: order.copyId,
      cloid: order.clientOrderId,
      end: ENDS[order.status],
      filled: order.filledSize,
    })),
    fills: rows.fills.flatMap((fill) =>
      fill.copyId === null
        ? []
        : [
            {
              scope,
              copyId: fill.copyId,
              account: rows.accounts.get(fill.venueAccountNo) ?? '',
              tradeId: fill.tradeId,
              coin: fill.coin,
              size: fill.size,
              price: fill.price,
              fee: fill.fee,
              ...(fill.venueOrderId === INTERNAL_ORDER && { internal: fill.side }),
            },
          ],
    ),
    transactions: rows.transactions.map(({ sequence, transaction }) => ({
      scope,
      id: sequence.toString(),
      source: transaction.source,
      postings: transaction.entries,
      ...chargeIn(transaction),
    })),
    limitsTold: rows.events.flatMap(({ type, data }) => {
      const told = type === 'limit.passed' ? /"copy_id":"(cpy_[0-9a-z]+)".*"limit":"([a-z_]+)"/.exec(data) : null;
      return told === null ? [] : [`${told[1]} ${told[2]}`];
    }),
    breakersTold: rows.events.flatMap(({ type, data }) => {
      const told = type === 'breaker.triggered' && data.includes('"action":"close"') ? /"copy_id":"(cpy_[0-9a-z]+)"/.exec(data) : null;
      return told?.[1] ?? [];
    }),
    unapproved: rows.unapproved,
    sharedTold: sharedToldIn(rows),
    mentions: [
      ...rows.orders.map(({ copyId }) => ({ what: 'order', scope, copyId })),
      ...rows.fills.flatMap(({ copyId }) => (copyId === null ? [] : [{ what: 'fill', scope, copyId }])),
      ...rows.transactions.flatMap(({ transaction }) =>
        transaction.copyId === null ? [] : [{ what: 'transaction', scope, copyId: transaction.copyId }],
      ),
      ...rows.events.flatMap((event) => mentionIn(scope, event)),
    ],
  };
}

/** What is told of limits that copies share. */
function sharedToldIn({ events, followers }: CalmRows): Part['sharedTold'] {
  return events.flatMap(({ type, data }) => {
    if (type !== 'exposure.passed') return [];
    const { limit, follower_id: follower, leader_id: leader, underlying, action } = JSON.parse(data);
    return [{ limit, of: leader ?? followers.get(follower) ?? '', underlying, action }];
  });
}

type Mentions = Part['mentions'];

const NONE: Mentions = [];
/** What events mention, which never change: in memory the same ones are looked at in every calm. */
const mentioned = new WeakMap<CalmRows['events'][number], Mentions>();

function mentionIn(scope: string, event: CalmRows['events'][number]): Mentions {
  const known = mentioned.get(event);
  if (known !== undefined) return known;
  const copyId = /"copy_id":"(cpy_[0-9a-z]+)"/.exec(event.data)?.[1];
  const mentions = copyId === undefined ? NONE : [{ what: `event ${event.type}`, scope, copyId }];
  mentioned.set(event, mentions);
  return mentions;
}

const keptIn = (states: readonly CalmRows['positions'][number][]): CopyFigures => ({
  realised: states.reduce((sum, { realisedPnl }) => sum + realisedPnl, 0n),
  fees: states.reduce((sum, { fees }) => sum + fees, 0n),
  funding: states.reduce((sum, { funding }) => sum + funding, 0n),
});

/** A copy's part of a charge, by the name it is booked under: what was charged, and when. */
function chargeIn({ source, copyId, entries }: CalmRows['transactions'][number]['transaction']): Pick<LedgerTransactionSeen, 'charge'> {
  const [, coin, time] = (copyId === null ? null : /^funding:[^:]*:[^:]*:(.+):(\d+):[^:]*$/.exec(source)) ?? [];
  const part = entries.find(({ account }) => account.endsWith(':funding'));
  if (copyId === null || coin === undefined || part === undefined) return {};
  return { charge: { copyId, coin, time: Number(time), amount: -part.amount } };
}

/** What the ledger has of each copy. Income stands there below zero, cost above. */
function bookedOf(rows: CalmRows): Map<string, CopyAtCalm['booked']> {
  const booked = new Map<string, { realised: bigint; fees: bigint; funding: bigint }>();
  for (const { transaction } of rows.transactions) {
    for (const { account, amount } of transaction.entries) {
      const [owner, copyId = '', name] = account.split(':');
      if (owner !== 'copy') continue;
      const sums = booked.get(copyId) ?? { realised: 0n, fees: 0n, funding: 0n };
      booked.set(copyId, sums);
      if (name === 'realised_pnl') sums.realised -= amount;
      if (name === 'trading_fee' || name === 'builder_fee') sums.fees += amount;
      if (name === 'funding') sums.funding -= amount;
    }
  }
  return booked;
}

/** Positions of a clearinghouse answer of the world. */
export const positionsIn = (states: readonly { readonly positions: readonly PositionSeen[] }[]): PositionSeen[] =>
  states.flatMap(({ positions }) => positions.filter(({ size }) => size !== 0n).map(({ coin, size }) => ({ coin, size })));
