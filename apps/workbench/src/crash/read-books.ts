import { type Environment, parseMoney, parsePrice, parseSize, type TenantId, unwrap } from '@lockstep/kernel';
import { parseAccountCode } from '@lockstep/ledger';
import { clientOrderIdText, decodeJournal } from '@lockstep/replication';
import { type JournalRow, loadPositionStates, PAGE_LIMIT_MAX_ROWS, type Page, type ScopedUnit, type Storage } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { z } from 'zod';
import type { SimControl } from '../client/sim-control';
import { type DemoBrand, inParallel } from '../demo/brand';
import type { Market } from '../demo/market';
import type { CopyBooks, CrashBooks, EventFact, JournaledFact, MoveFact, ScopeBooks, VenueFillFact, VenueOrderFact } from './books';

/** Where the books of a crash run are read. */
export interface BookSources {
  readonly storage: Storage;
  readonly control: SimControl;
  readonly market: Market;
  readonly brands: readonly DemoBrand[];
  readonly leaderAddress: string;
  /** κ of every copy, 10^-12. */
  readonly ratio: bigint;
}

const ENVIRONMENT: Environment = 'test';
const READ_WIDTH = 8;
const ROWS_MAX = 10_000;

const venueRow = z.object({
  address: z.string(),
  dexes: z.array(z.object({ positions: z.array(z.object({ coin: z.string(), szi: z.string() })) })),
  orders: z.array(
    z.object({ order: z.object({ coin: z.string(), oid: z.number(), cloid: z.string().nullable(), origSz: z.string() }), status: z.string() }),
  ),
  fills: z.array(
    z.object({
      coin: z.string(),
      side: z.enum(['A', 'B']),
      px: z.string(),
      sz: z.string(),
      fee: z.string(),
      closedPnl: z.string(),
      time: z.number(),
      tid: z.number(),
      oid: z.number(),
      cloid: z.string().optional(),
    }),
  ),
});
type VenueRow = z.output<typeof venueRow>;
const shownRow = z.object({ data: z.array(z.object({ coin: z.string(), position: z.string() })) });
const moveDetail = z.object({ source: z.string() });
const subjectOf = z.object({ fill_id: z.string().optional(), order_id: z.string().optional(), move_id: z.string().optional() });

export const scopeOfBrand = (brand: DemoBrand) => scopeFromPlatformList(brand.tenantId as TenantId, ENVIRONMENT);
const size = (text: string): bigint => unwrap(parseSize(text), 'a size of the venue');
const amount = (text: string): bigint => unwrap(parseMoney(text), 'an amount of the venue');

/** Reads everything the judge compares. The system should be quiet: what changes between two reads would look like a difference. */
export async function readBooks(sources: BookSources): Promise<CrashBooks> {
  const venue = new Map((await sources.control.truth('all')).map((row) => venueRow.parse(row)).map((row) => [row.address, row]));
  const copies: CopyBooks[] = [];
  const scopes: ScopeBooks[] = [];
  for (const brand of sources.brands) {
    const { scope, found } = await readBrand(sources, brand, venue);
    scopes.push(scope);
    copies.push(...found);
  }
  const mids = await sources.market.mids();
  const leader = venue.get(sources.leaderAddress);
  return {
    copies,
    scopes,
    moves: await readMoves(sources.storage),
    leader: positionsOf(leader),
    markets: new Map(
      Object.entries(mids).map(([coin, price]) => [
        coin,
        { szDecimals: sources.market.szDecimals(coin), price: unwrap(parsePrice(price), `mid of ${coin}`) },
      ]),
    ),
  };
}

const positionsOf = (row: VenueRow | undefined): ReadonlyMap<string, bigint> =>
  new Map((row?.dexes ?? []).flatMap((dex) => dex.positions.map((position) => [position.coin, size(position.szi)] as const)));

async function readBrand(sources: BookSources, brand: DemoBrand, venue: ReadonlyMap<string, VenueRow>) {
  const leaderId = brand.leaderIds.get(sources.leaderAddress) ?? '';
  const rows = await sources.storage.scoped(scopeOfBrand(brand), (unit) => readScope(unit, brand, leaderId), {
    isolation: 'repeatable read',
    readOnly: true,
  });
  const found: CopyBooks[] = [];
  await inParallel(brand.copies, READ_WIDTH, async (copy) => {
    const row = rows.copies.find((one) => one.id === copy.copyId);
    const account = venue.get(copy.address);
    const shown = shownRow.parse(await brand.api.must('GET', `/v1/positions?copy_id=${copy.copyId}`));
    const copyNo = Number(row?.no ?? 0);
    found.push({
      name: `${brand.name} ${copy.copyId}`,
      scope: brand.name,
      copyId: copy.copyId,
      copyNo,
      ratio: sources.ratio,
      venueOrders: (account?.orders ?? []).map(orderOf),
      venueFills: (account?.fills ?? []).map((fill) => fillOf(fill, rows.accountNos.get(copy.address) ?? 0n)),
      venuePositions: positionsOf(account),
      shown: new Map(shown.data.map((position) => [position.coin, size(position.position)])),
      kept: rows.positions.filter((position) => position.copyNo === copyNo),
    });
  });
  return { scope: rows.scope, found };
}

const orderOf = ({ order, status }: VenueRow['orders'][number]): VenueOrderFact => ({
  orderId: String(order.oid),
  clientOrderId: order.cloid,
  coin: order.coin,
  status,
  size: size(order.origSz),
});

const fillOf = (fill: VenueRow['fills'][number], accountNo: bigint): VenueFillFact => ({
  key: fillKey(accountNo, fill.coin, fill.time, String(fill.tid), String(fill.oid)),
  coin: fill.coin,
  clientOrderId: fill.cloid ?? null,
  buy: fill.side === 'B',
  size: size(fill.sz),
  price: amount(fill.px),
  fee: amount(fill.fee),
  closedPnl: amount(fill.closedPnl),
});

const fillKey = (account: bigint, coin: string, time: number, trade: string, order: string): string => [account, coin, time, trade, order].join(' ');

async function readScope(unit: ScopedUnit, brand: DemoBrand, leaderId: string) {
  const journal = await unit.journal.ofLeader(leaderId, null, ROWS_MAX);
  const orders = await allPages((after) => unit.orders.page({ limit: PAGE_LIMIT_MAX_ROWS, after, order: 'oldest_first' }));
  const fills = await allPages((after) => unit.fills.page({ limit: PAGE_LIMIT_MAX_ROWS, after, order: 'oldest_first' }));
  const head = await unit.events.head();
  const ledger = await unit.ledger.sums((await unit.ledger.head()).seq);
  const accounts = await unit.venueAccounts.find({});
  const scope: ScopeBooks = {
    name: brand.name,
    leaderId,
    journal: journal.flatMap(journaledOrders),
    openRows: journal.filter((row) => row.completedAt === null).length,
    orders: orders.map(({ id, copyId, clientOrderId, status, filledSize }) => ({ id, copyId, clientOrderId, status, filled: filledSize })),
    fills: fills.map((row) => ({
      id: row.id,
      key: fillKey(row.venueAccountNo, row.coin, row.venueTimeMs, row.tradeId, row.venueOrderId),
      copyId: row.copyId,
      size: row.size,
      fee: row.fee,
    })),
    ledger: ledger.map(({ account, sum }) => ({ ...ledgerName(account), sum })),
    brokenLink: await unit.ledger.firstBrokenLink(),
    topSeq: head?.seq ?? 0n,
    events: await readEvents(unit, head?.epoch ?? null),
  };
  return {
    scope,
    copies: (await unit.copies.find({})).map((copy) => ({ id: copy.id, no: copy.no })),
    accountNos: new Map(accounts.map((account) => [account.address, account.no])),
    positions: await loadPositionStates(unit),
  };
}

function journaledOrders(row: JournalRow): JournaledFact[] {
  const packed = unwrap(decodeJournal(new Uint8Array(row.packed)), `journal row of wave ${row.moveId}`);
  const { orders } = packed;
  const lot = 10n ** BigInt(8 - packed.szDecimals);
  return Array.from({ length: orders.count }, (_, index) => ({
    clientOrderId: clientOrderIdText(orders.clientOrderId, index * 16),
    copyNo: orders.copyNo[index] ?? 0,
    coin: packed.coin,
    wave: orders.wave[index] ?? 0,
    leg: orders.leg[index] ?? 0,
    attempt: orders.attempt[index] ?? 0,
    exit: orders.exit[index] === 1,
    size: BigInt(orders.lots[index] ?? 0) * lot,
  }));
}

function ledgerName(code: string): { readonly copyId: string | null; readonly account: string } {
  const parsed = parseAccountCode(code);
  if (!parsed.ok) return { copyId: null, account: code };
  return parsed.value.owner === 'copy' ? { copyId: parsed.value.copyId, account: parsed.value.name } : { copyId: null, account: code };
}

async function readEvents(unit: ScopedUnit, epoch: string | null): Promise<EventFact[]> {
  const found: EventFact[] = [];
  for (let seq = 0n; epoch !== null; ) {
    const rows = await unit.events.after({ epoch, seq }, ROWS_MAX);
    for (const row of rows) {
      const subject = subjectOf.safeParse(JSON.parse(row.data));
      const { fill_id, order_id, move_id } = subject.success ? subject.data : {};
      found.push({ seq: row.seq, type: row.type, subject: fill_id ?? (row.type === 'leader.move' ? move_id : order_id) ?? '' });
    }
    if (rows.length === 0) break;
    seq = rows[rows.length - 1]?.seq ?? seq;
  }
  return found;
}

async function readMoves(storage: Storage): Promise<MoveFact[]> {
  return storage.platform(async (unit) => {
    const moves: MoveFact[] = [];
    for (const watched of await unit.inbox.watched()) {
      for (const row of await unit.inbox.movesAfter(watched.no, 0n, ROWS_MAX)) {
        const detail = moveDetail.safeParse(row.detail);
        moves.push({ id: row.id, coin: row.coin, status: row.status, seen: detail.success && detail.data.source === 'fills' });
      }
    }
    return moves;
  });
}

async function allPages<Row>(read: (after: string | null) => Promise<Page<Row, string>>): Promise<Row[]> {
  const found: Row[] = [];
  for (let after: string | null = null; ; ) {
    const page: Page<Row, string> = await read(after);
    found.push(...page.rows);
    after = page.next;
    if (after === null) return found;
  }
}
