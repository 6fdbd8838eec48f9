import { type EpochMs, err, type Instrument, ok, type Result, rate, size, toLots } from '@lockstep/kernel';
import type { z } from 'zod';
import type {
  AccountState,
  Address,
  AgentApproval,
  ClientOrderId,
  FundingReading,
  MarketContext,
  OpenOrder,
  OrderStanding,
  SentOrder,
  VenueFeed,
  VenueFill,
  VenueReadError,
  VenueTruth,
} from '../port';
import type { PerpsStudioConfig, PerpsStudioDeps, RequestClass } from './config';
import { findByFills, findByPosition, findWorking, mayBeOf, STAMP_SKEW_MS, standingOf } from './find-order';
import { fillByAnswer, fillsOf } from './own-fills';
import { adoptedOrder, type OwnOrder, type OwnOrders } from './own-orders';
import { positionsOf } from './parse/positions';
import { isNotFound, readAnswer } from './parse/read';
import { coinOf } from './symbols';
import type { RestClient } from './transport/rest';
import { accountAnswer, accountPath, positionsAnswer, type WirePositions } from './wire/account';
import { marketsAnswer, marketsPath, sizeDecimals, type WireMarket } from './wire/markets';
import { orderAnswer, ordersAnswer } from './wire/orders';

type Read<T> = Result<T, VenueReadError>;

/** Ids of the venue; those of orders that were found by the position are our own. */
const VENUE_ID = /^\d+$/;

/** An order without an outcome for so long holds no fills back any more. */
const OPEN_MAX_MS = 600_000;

/**
 * The venue's truth. What the API tells is asked of it inside the key's budget; what it does not tell (agents, account modes, funding, fills with fees)
 * comes from the underlying exchange where that is configured. With it, account states and orders are read there too: it is the same clearinghouse, and
 * the key's minute is left to orders.
 */
export class PerpsStudioTruth implements VenueTruth {
  private readonly instruments = new Map<string, Instrument>();
  private readonly underlying: VenueFeed['truth'] | null;

  constructor(
    private readonly config: PerpsStudioConfig,
    private readonly deps: PerpsStudioDeps,
    private readonly rest: RestClient,
    private readonly own: OwnOrders,
  ) {
    this.underlying = deps.underlying?.truth ?? null;
  }

  async markets(dexes?: readonly string[]): Promise<Read<readonly MarketContext[]>> {
    const perps = dexes === undefined || dexes.includes('');
    const rwas = dexes === undefined || dexes.some((dex) => dex !== '');
    const answers = await Promise.all([
      perps ? this.read(marketsPath(false), marketsAnswer) : ok([]),
      rwas ? this.read(marketsPath(true), marketsAnswer) : ok([]),
    ]);
    const listed: WireMarket[] = [];
    for (const answer of answers) {
      if (!answer.ok) return answer;
      listed.push(...answer.value.filter(({ dex }) => dexes === undefined || dexes.includes(dex)));
    }
    const numbers = await this.assetNumbers(listed);
    if (!numbers.ok) return numbers;
    return ok(listed.flatMap((market) => this.contextOf(market, numbers.value)));
  }

  /** Instruments as last listed, by coin. */
  instrument(coin: string): Instrument | undefined {
    return this.instruments.get(coin);
  }

  listed(): readonly Instrument[] {
    return [...this.instruments.values()];
  }

  async account(address: Address, dex: string): Promise<Read<AccountState>> {
    const before = this.own.changesOf(address);
    const state = this.underlying === null ? await this.polled(address, dex, 'truth') : await this.underlying.account(address, dex);
    const settled = this.own.changesOf(address) === before && this.own.openSince(address, this.deps.clock.now() - OPEN_MAX_MS).length === 0;
    if (state.ok && settled) this.remember(state.value);
    return state;
  }

  /** An account's state by two requests of the key: money, and positions. */
  async polled(address: Address, dex: string, of: RequestClass): Promise<Read<AccountState>> {
    const [money, positions] = await Promise.all([this.money(address, dex, of), this.positions(address, dex, of)]);
    if (!money.ok) return money;
    if (!positions.ok) return positions;
    return ok({
      address,
      dex,
      ...money.value,
      pooled: false,
      positions: positionsOf(dex, positions.value),
      time: this.deps.clock.now(),
    });
  }

  /** Equity and free collateral alone, by one request. */
  async money(address: Address, dex: string, of: RequestClass): Promise<Read<Pick<AccountState, 'accountValue' | 'withdrawable'>>> {
    const read = await this.read(accountPath(address, dex), accountAnswer, of);
    return read.ok ? ok({ accountValue: read.value.equity, withdrawable: read.value.availableMargin }) : read;
  }

  /** Positions alone, by one request. */
  async positions(address: Address, dex: string, of: RequestClass): Promise<Read<WirePositions>> {
    return await this.read(accountPath(address, dex, 'positions'), positionsAnswer, of);
  }

  async openOrders(address: Address, dex: string): Promise<Read<readonly OpenOrder[]>> {
    const read = this.underlying === null ? await this.workingOrders(address, dex) : await this.underlying.openOrders(address, dex);
    if (!read.ok) return read;
    return ok(read.value.map((order) => ({ ...order, clientOrderId: this.own.byOrderId(order.orderId)?.clientOrderId ?? null })));
  }

  /**
   * By the venue's id where an answer told it. Else the order is looked for: among working orders and, once its nonce is spent (`noop`), by fills nobody else
   * explains (underlying exchange) or by how far the position is from the one before. What is not found may still have been refused on arrival, or be on its way.
   */
  async orderStatus(address: Address, order: ClientOrderId, sent?: SentOrder): Promise<Read<OrderStanding>> {
    const known = this.own.find(order) ?? this.adopt(address, order, sent);
    if (known === undefined) return ok({ kind: 'unknown_order' });
    if (sent?.answer !== undefined) return ok(standingOf(known));
    if (known.orderId !== null && VENUE_ID.test(known.orderId)) {
      const standing = await this.standingById(known, known.orderId);
      if (!standing.ok || standing.value.kind !== 'unknown_order') return standing;
    } else if (known.fills !== null && known.orderId !== null) return ok(standingOf(known));
    const working = await this.openOrders(address, known.instrument.dex);
    if (!working.ok) return working;
    const open = findWorking(this.own, known, sent?.others ?? [], working.value);
    if (open !== null) return ok(open);
    return known.nonceSpent ? await this.landed(known, sent) : ok({ kind: 'unknown_order' });
  }

  /** What shows that an order landed whose nonce is spent: fills of the exchange where they are told, else the position. */
  private async landed(known: OwnOrder, sent: SentOrder | undefined): Promise<Read<OrderStanding>> {
    const { address, instrument, nonce } = known;
    known.open = false;
    if (this.underlying !== null) {
      const fills = await this.underlying.fills(address, nonce - STAMP_SKEW_MS);
      return fills.ok ? ok(findByFills(this.own, known, sent?.others ?? [], fills.value)) : fills;
    }
    const positions = await this.positions(address, instrument.dex, 'truth');
    if (!positions.ok) return positions;
    const now = positionsOf(instrument.dex, positions.value).find(({ coin }) => coin === instrument.coin);
    return ok(findByPosition(this.own, known, known.positionBefore ?? sent?.positionBefore ?? null, now, this.deps.clock.now()));
  }

  async fills(address: Address, since: EpochMs): Promise<Read<readonly VenueFill[]>> {
    if (this.underlying !== null) {
      const read = await this.underlying.fills(address, since);
      return read.ok ? ok(this.named(address, read.value)) : read;
    }
    const found: VenueFill[] = [];
    for (const order of this.own.filled(address)) {
      const fills = await this.fillsOfOrder(order);
      if (!fills.ok) return fills;
      if (!order.told) order.fills = fills.value.map((fill) => ({ ...fill, time: Math.max(Math.floor(fill.time), since) }));
      order.told = true;
      found.push(...(order.fills ?? []));
    }
    return ok(found.filter(({ time }) => time >= since).sort((a, b) => a.time - b.time));
  }

  /**
   * What an order filled. It is told for the first time no earlier than what was told before it: its answer may have come after that of a later order, and who
   * reads on from the newest fill would never see it.
   */
  private async fillsOfOrder(order: OwnOrder): Promise<Read<readonly VenueFill[]>> {
    const { address, instrument, orderId } = order;
    if (order.fills !== null || orderId === null) return ok(order.fills ?? []);
    if (!VENUE_ID.test(orderId)) return ok([fillByAnswer(order, orderId, order.answeredAt)]);
    const read = await this.read(accountPath(address, instrument.dex, `orders/${orderId}`), orderAnswer);
    if (read.ok) return ok(fillsOf(order, read.value));
    return isNotFound(read.error) ? ok([fillByAnswer(order, orderId, order.answeredAt)]) : read;
  }

  /** Fills with our client order ids. From the first one on that may be of an order whose answer is still to come, nothing is told yet: it would be taken for the follower's own. */
  private named(address: Address, fills: readonly VenueFill[]): readonly VenueFill[] {
    const open = this.own.openSince(address, this.deps.clock.now() - OPEN_MAX_MS);
    const named = fills.map((fill) => ({ ...fill, clientOrderId: this.own.byOrderId(fill.orderId)?.clientOrderId ?? null }));
    const first = named.findIndex((fill) => fill.clientOrderId === null && open.some((order) => mayBeOf(order, fill)));
    return first < 0 ? named : named.slice(0, first);
  }

  /** Not told by the API: without the underlying exchange nothing is known, and nothing is what is told (`fundingHistory` says so). */
  async funding(address: Address, since: EpochMs): Promise<Read<FundingReading>> {
    return this.underlying === null ? ok({ charges: [], complete: true }) : await this.underlying.funding(address, since);
  }

  async agents(address: Address): Promise<Read<readonly AgentApproval[]>> {
    return this.underlying === null ? ok([]) : await this.underlying.agents(address);
  }

  async builderApproval(): Promise<Read<number>> {
    return ok(0);
  }

  async accountMode(address: Address): Promise<Read<'standard' | 'unified'>> {
    return this.underlying === null ? ok('standard') : await this.underlying.accountMode(address);
  }

  /** A GET inside the budget. */
  private async read<T>(path: string, schema: z.ZodType<T>, of: RequestClass = 'truth'): Promise<Read<T>> {
    const { readWaitMaxMs: waitMaxMs, readTimeoutMs: timeoutMs } = this.config;
    return readAnswer(path.split('?')[0] ?? path, schema, await this.rest.send({ method: 'GET', path, of, waitMaxMs, timeoutMs }));
  }

  private async workingOrders(address: Address, dex: string): Promise<Read<readonly OpenOrder[]>> {
    const read = await this.read(accountPath(address, dex, 'orders'), ordersAnswer);
    if (!read.ok) return read;
    return ok(
      read.value.map((order) => ({
        coin: coinOf(dex, order.symbol),
        side: order.side,
        limitPrice: order.price,
        remaining: size(order.size - order.filledSize),
        original: order.size,
        orderId: order.orderId,
        clientOrderId: null,
        reduceOnly: order.reduceOnly,
        time: order.createdAt,
      })),
    );
  }

  private async standingById(known: OwnOrder, orderId: string): Promise<Read<OrderStanding>> {
    const { address, instrument } = known;
    const path = accountPath(address, instrument.dex, `orders/${orderId}`);
    const read = await this.read(path, orderAnswer);
    if (!read.ok) return isNotFound(read.error) ? ok({ kind: 'unknown_order' }) : read;
    const { status, size: original, filledSize, updatedAt, createdAt } = read.value;
    if (status === 'filled' && filledSize === 0n) return err({ code: 'unparseable', detail: `order ${orderId} is filled, and with nothing` });
    const remaining = size(original - filledSize);
    if (status === 'open' || (status === 'partially_filled' && updatedAt === undefined)) return ok({ kind: 'open', orderId, remaining, original });
    known.filledLots = toLots(instrument, filledSize);
    known.answeredAt = updatedAt ?? createdAt;
    return ok({ kind: 'closed', orderId, status, remaining, original, statusTime: known.answeredAt });
  }

  /** An order of a process before this one, known by what was written down of it. */
  private adopt(address: Address, clientOrderId: ClientOrderId, sent: SentOrder | undefined): OwnOrder | undefined {
    if (sent === undefined) return undefined;
    const adopted = adoptedOrder(address, clientOrderId, sent, this.deps.clock.now());
    this.own.add(adopted);
    if (sent.answer !== undefined) this.own.bind(adopted, sent.answer.orderId);
    return adopted;
  }

  private remember({ address, dex, positions }: AccountState): void {
    for (const { coin, dex: of } of this.instruments.values()) {
      if (of !== dex) continue;
      this.own.hold(address, coin, positions.find((position) => position.coin === coin)?.size ?? size(0n));
    }
  }

  private async assetNumbers(listed: readonly WireMarket[]): Promise<Read<ReadonlyMap<string, number>>> {
    const numbers = new Map<string, number>();
    for (const { dex, symbol, assetIndex } of listed) if (assetIndex !== undefined) numbers.set(coinOf(dex, symbol), assetIndex);
    if (numbers.size === listed.length || this.underlying === null) return ok(numbers);
    const read = await this.underlying.markets([...new Set(listed.map(({ dex }) => dex))]);
    if (!read.ok) return read;
    return ok(new Map(read.value.map(({ instrument }) => [instrument.coin, instrument.assetId])));
  }

  /** A market whose number nobody tells cannot be signed for, so it is not listed. */
  private contextOf(market: WireMarket, numbers: ReadonlyMap<string, number>): MarketContext[] {
    const coin = coinOf(market.dex, market.symbol);
    const assetId = numbers.get(coin);
    if (assetId === undefined) {
      this.deps.log({ level: 'warn', event: 'market_without_number', fields: { coin } });
      return [];
    }
    const instrument: Instrument = {
      venue: 'perps_studio',
      dex: market.dex,
      coin,
      assetId,
      szDecimals: sizeDecimals(market),
      maxLeverage: market.maxLeverage,
      onlyIsolated: market.onlyIsolated,
      delisted: market.status !== 'active',
      collateral: market.quoteAsset,
    };
    this.instruments.set(coin, instrument);
    return [
      {
        instrument,
        markPrice: market.markPrice,
        oraclePrice: market.indexPrice ?? market.markPrice,
        midPrice: market.midPrice ?? null,
        fundingRate: market.fundingRate ?? rate(0n),
      },
    ];
  }
}
