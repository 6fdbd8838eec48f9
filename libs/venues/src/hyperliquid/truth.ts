import { type EpochMs, err, type Instrument, type Money, money, ok, type Result } from '@lockstep/kernel';
import type { z } from 'zod';
import type {
  AccountState,
  Address,
  AgentApproval,
  ClientOrderId,
  EquityPoint,
  FundingReading,
  MarketContext,
  OpenOrder,
  OrderStanding,
  VenueFill,
  VenueFunding,
  VenueReadError,
  VenueTruth,
} from '../port';
import type { HyperliquidConfig } from './config';
import { withFeeAssets } from './fee-assets';
import { readWith } from './parse/read';
import { isUrgentRead } from './read-weights';
import { HttpClient } from './transport/http';
import type { VenueEgress } from './venue-egress';
import { accountStateOf, clearinghouseStateAnswer, clearinghouseStateRequest } from './wire/clearinghouse-state';
import { extraAgentsAnswer, extraAgentsRequest } from './wire/extra-agents';
import { maxBuilderFeeAnswer, maxBuilderFeeRequest } from './wire/max-builder-fee';
import { type MetaAndContexts, metaAndAssetCtxsAnswer, metaAndAssetCtxsRequest } from './wire/meta-and-asset-ctxs';
import { frontendOpenOrdersRequest, openOrdersAnswer } from './wire/open-orders';
import { orderStatusAnswer, orderStatusRequest } from './wire/order-status';
import { firstAssetId, perpDexsAnswer, perpDexsRequest } from './wire/perp-dexs';
import { equityPoints, portfolioAnswer, portfolioRequest } from './wire/portfolio';
import { spotClearinghouseStateAnswer, spotClearinghouseStateRequest } from './wire/spot-clearinghouse-state';
import { spotMetaAnswer, spotMetaRequest } from './wire/spot-meta';
import { accountModeOf, userAbstractionAnswer, userAbstractionRequest } from './wire/user-abstraction';
import { FILLS_PER_PAGE, userFillsByTimeAnswer, userFillsByTimeRequest } from './wire/user-fills-by-time';
import { FUNDING_PER_PAGE, userFundingAnswer, userFundingRequest } from './wire/user-funding';
import { userRateLimitAnswer, userRateLimitRequest } from './wire/user-rate-limit';

type Read<T> = Result<T, VenueReadError>;
type AnyRequest = { readonly type: string } & Readonly<Record<string, unknown>>;

const USDC_TOKEN = 0;
const NOTHING = money(0n);
const NO_BALANCE = { total: NOTHING, hold: NOTHING };
const MODE_LIFE_MS = 600_000;
const LEADER_MODE_LIFE_MS = 86_400_000;
const MODES_KEPT_MAX = 50_000;

/** The venue's truth over `POST /info`. Concurrency is bounded by the pool's connections; nothing is repeated here. */
export class HyperliquidTruth implements VenueTruth {
  /** One client for each egress address. */
  private readonly clients: readonly HttpClient[];
  private readonly modes = new Map<Address, { readonly mode: 'standard' | 'unified'; readonly readAt: number }>();
  /** Questions for a mode on their way: the states of all dexes of an account need the same answer at once. */
  private readonly modesAsked = new Map<Address, Promise<Read<'standard' | 'unified'>>>();
  private listed: readonly string[] = [];
  private readonly universes = new Map<string, readonly string[]>();
  private readonly traded = new Map<string, readonly string[]>();
  private readonly dexCollaterals = new Map<string, string>();
  private collaterals: ReadonlyMap<number, string> = new Map([[USDC_TOKEN, 'USDC']]);

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly egress: VenueEgress,
  ) {
    const { connectTimeoutMs, readTimeoutMs: answerTimeoutMs, answerBytesMax } = config;
    const limits = { connections: config.readConnections, connectTimeoutMs, answerTimeoutMs, answerBytesMax };
    this.clients = config.egress.map((address) => new HttpClient(config.url, limits, address));
  }

  /** Requests the account has made over its life, and may make. */
  async requestBudget(address: Address): Promise<Read<{ readonly used: number; readonly cap: number }>> {
    const read = await this.read(userRateLimitRequest(address), userRateLimitAnswer);
    return read.ok ? ok({ used: read.value.nRequestsUsed, cap: read.value.nRequestsCap }) : read;
  }

  async markets(dexes?: readonly string[]): Promise<Read<readonly MarketContext[]>> {
    const listed = await this.dexList(dexes);
    if (!listed.ok) return listed;
    const wanted = [...new Set(dexes ?? listed.value)];
    const answers = await Promise.all(wanted.map((dex) => this.marketsOf(dex, listed.value.indexOf(dex))));
    const contexts: MarketContext[] = [];
    for (const answer of answers) {
      if (!answer.ok) return answer;
      contexts.push(...answer.value);
    }
    return ok(contexts);
  }

  /** Coins of a dex in asset order as last read; empty before. */
  coins(dex: string): readonly string[] {
    return this.universes.get(dex) ?? [];
  }

  /** Coins of a dex that can be traded, as last read; empty before. */
  tradedCoins(dex: string): readonly string[] {
    return this.traded.get(dex) ?? [];
  }

  /** The dexes by position: read anew for all of them, from memory where those named are known, because it costs as much as one dex's marks. */
  private async dexList(named: readonly string[] | undefined): Promise<Read<readonly string[]>> {
    if (named?.every((dex) => this.listed.includes(dex))) return ok(this.listed);
    const read = await this.read(perpDexsRequest(), perpDexsAnswer);
    if (read.ok) this.listed = read.value;
    return read;
  }

  /** Equity of a unified account is the dex's collateral in its spot state; its perp totals would count nothing (facts §14). */
  account(address: Address, dex: string): Promise<Read<AccountState>> {
    return this.accountWith(address, dex, MODE_LIFE_MS);
  }

  /** The state of a leader: its account mode may be a day old, because it weighs ten times the state it qualifies. */
  leaderAccount(address: Address, dex: string): Promise<Read<AccountState>> {
    return this.accountWith(address, dex, LEADER_MODE_LIFE_MS);
  }

  /** The same without asking for the mode: while it is not known, the equity is not either (`equityUnread`). */
  async leaderPositions(address: Address, dex: string): Promise<Read<AccountState>> {
    if (this.knowsMode(address)) return await this.leaderAccount(address, dex);
    const answer = await this.read(clearinghouseStateRequest(address, dex), clearinghouseStateAnswer);
    return answer.ok ? ok({ ...accountStateOf(address, dex, answer.value), equityUnread: true }) : answer;
  }

  knowsMode(address: Address): boolean {
    const known = this.modes.get(address);
    return known !== undefined && performance.now() - known.readAt < LEADER_MODE_LIFE_MS;
  }

  isAskingMode(address: Address): boolean {
    return this.modesAsked.has(address);
  }

  /** Asks for the mode where it is not known, and keeps it. */
  leaderMode(address: Address): Promise<Read<'standard' | 'unified'>> {
    return this.knownMode(address, LEADER_MODE_LIFE_MS);
  }

  /** Weight of the next reading of a leader's state: 2, and 2 more where its equity stands in the spot state. */
  leaderPositionsWeight(address: Address): number {
    return this.modes.get(address)?.mode === 'unified' ? 4 : 2;
  }

  private async accountWith(address: Address, dex: string, modeLifeMs: number): Promise<Read<AccountState>> {
    const [answer, mode] = await Promise.all([
      this.read(clearinghouseStateRequest(address, dex), clearinghouseStateAnswer),
      this.knownMode(address, modeLifeMs),
    ]);
    if (!answer.ok) return answer;
    const state = accountStateOf(address, dex, answer.value);
    if (!mode.ok) return mode;
    if (mode.value === 'standard') return ok(state);
    const [collateral, spot] = await Promise.all([
      this.collateralOf(dex),
      this.read(spotClearinghouseStateRequest(address), spotClearinghouseStateAnswer),
    ]);
    if (!collateral.ok) return collateral;
    if (!spot.ok) return spot;
    const balance = spot.value.balances.find(({ coin }) => coin === collateral.value) ?? NO_BALANCE;
    const unrealised = this.config.unifiedEquity === 'spot_total' ? ok(NOTHING) : await this.unrealisedOver(address, collateral.value);
    if (!unrealised.ok) return unrealised;
    const accountValue = money(balance.total + unrealised.value);
    return ok({ ...state, pooled: true, accountValue, withdrawable: money(balance.total - balance.hold) });
  }

  /** The collateral of a dex, read once from its list of instruments. */
  private async collateralOf(dex: string): Promise<Read<string>> {
    const known = this.dexCollaterals.get(dex);
    if (known !== undefined) return ok(known);
    const read = await this.markets([dex]);
    if (!read.ok) return read;
    const found = this.dexCollaterals.get(dex);
    return found === undefined ? err({ code: 'unparseable', detail: `meta: no collateral of dex "${dex}"` }) : ok(found);
  }

  /** Unrealised profit of an account in every known dex of one collateral. */
  private async unrealisedOver(address: Address, collateral: string): Promise<Read<Money>> {
    const dexes = [...this.dexCollaterals].filter(([, name]) => name === collateral).map(([dex]) => dex);
    let sum = 0n;
    for (const dex of dexes) {
      const answer = await this.read(clearinghouseStateRequest(address, dex), clearinghouseStateAnswer);
      if (!answer.ok) return answer;
      for (const { unrealisedPnl } of answer.value.assetPositions) sum += unrealisedPnl;
    }
    return ok(money(sum));
  }

  async openOrders(address: Address, dex: string): Promise<Read<readonly OpenOrder[]>> {
    return await this.read(frontendOpenOrdersRequest(address, dex), openOrdersAnswer);
  }

  async orderStatus(address: Address, order: ClientOrderId): Promise<Read<OrderStanding>> {
    return await this.read(orderStatusRequest(address, order), orderStatusAnswer);
  }

  fills(address: Address, since: EpochMs): Promise<Read<readonly VenueFill[]>> {
    return this.fillsOf(address, since, false);
  }

  /** Fills of a leader, of whom a trade waits to be told: they are read before those of accounts that are compared. */
  leaderFills(address: Address, since: EpochMs): Promise<Read<readonly VenueFill[]>> {
    return this.fillsOf(address, since, true);
  }

  private async fillsOf(address: Address, since: EpochMs, urgent: boolean): Promise<Read<readonly VenueFill[]>> {
    const found = new Map<string, VenueFill>();
    let startTime = Math.max(0, Math.floor(since));
    for (let page = 0; page < this.config.fillPagesMax; page += 1) {
      const answer = await this.read(userFillsByTimeRequest(address, startTime), userFillsByTimeAnswer, urgent);
      if (!answer.ok) return answer;
      const { fills, served, newest } = answer.value;
      for (const fill of fills) found.set(fillKey(fill), fill);
      if (served < FILLS_PER_PAGE || newest <= startTime) break;
      startTime = newest;
    }
    return withFeeAssets(
      [...found.values()].sort((a, b) => a.time - b.time),
      (dex) => this.collateralOf(dex),
    );
  }

  async funding(address: Address, since: EpochMs): Promise<Read<FundingReading>> {
    const found = new Map<string, VenueFunding>();
    let startTime = Math.max(0, Math.floor(since));
    let complete = false;
    for (let page = 0; page < this.config.fundingPagesMax && !complete; page += 1) {
      const answer = await this.read(userFundingRequest(address, startTime), userFundingAnswer);
      if (!answer.ok) return answer;
      for (const charge of answer.value) found.set(fundingKey(charge), charge);
      const newest = answer.value.reduce((latest, { time }) => Math.max(latest, time), startTime);
      // A page that does not leave its first moment would be served again for ever.
      complete = answer.value.length < FUNDING_PER_PAGE || newest === startTime;
      startTime = newest;
    }
    return ok({ charges: [...found.values()].sort((a, b) => a.time - b.time), complete });
  }

  async agents(address: Address): Promise<Read<readonly AgentApproval[]>> {
    return await this.read(extraAgentsRequest(address), extraAgentsAnswer);
  }

  async builderApproval(address: Address, builder: Address): Promise<Read<number>> {
    return await this.read(maxBuilderFeeRequest(address, builder), maxBuilderFeeAnswer);
  }

  async equityHistory(address: Address): Promise<Read<readonly EquityPoint[]>> {
    const read = await this.read(portfolioRequest(address), portfolioAnswer);
    return read.ok ? ok(equityPoints(read.value, 'month')) : read;
  }

  async accountMode(address: Address): Promise<Read<'standard' | 'unified'>> {
    const read = await this.read(userAbstractionRequest(address), userAbstractionAnswer);
    return read.ok ? ok(accountModeOf(read.value, this.config.defaultAccountMode)) : read;
  }

  /** True once the account is known to keep its equity per dex, so that a streamed clearinghouse state means what it says. */
  isKnownStandard(address: Address): boolean {
    return this.modes.get(address)?.mode === 'standard';
  }

  /** The account mode, asked again when it is older than `lifeMs`: it costs ten times the state it qualifies. */
  private async knownMode(address: Address, lifeMs: number): Promise<Read<'standard' | 'unified'>> {
    const known = this.modes.get(address);
    if (known !== undefined && performance.now() - known.readAt < lifeMs) return ok(known.mode);
    const asked = this.modesAsked.get(address) ?? this.askMode(address);
    this.modesAsked.set(address, asked);
    return await asked;
  }

  private async askMode(address: Address): Promise<Read<'standard' | 'unified'>> {
    const read = await this.accountMode(address);
    this.modesAsked.delete(address);
    if (!read.ok) return read;
    if (this.modes.size >= MODES_KEPT_MAX) this.modes.clear();
    this.modes.set(address, { mode: read.value, readAt: performance.now() });
    return read;
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }

  private async marketsOf(dex: string, position: number): Promise<Read<readonly MarketContext[]>> {
    if (position < 0) return err({ code: 'unparseable', detail: `perpDexs: no dex named "${dex}"` });
    const answer = await this.read(metaAndAssetCtxsRequest(dex), metaAndAssetCtxsAnswer);
    if (!answer.ok) return answer;
    const collateral = await this.collateralName(answer.value[0].collateralToken);
    if (!collateral.ok) return collateral;
    const [{ universe }] = answer.value;
    this.traded.set(
      dex,
      universe.filter(({ isDelisted }) => !isDelisted).map(({ name }) => name),
    );
    this.dexCollaterals.set(dex, collateral.value);
    this.universes.set(
      dex,
      universe.map(({ name }) => name),
    );
    return ok(marketContexts(dex, firstAssetId(position), collateral.value, answer.value));
  }

  private async collateralName(token: number): Promise<Read<string>> {
    const known = this.collaterals.get(token);
    if (known !== undefined) return ok(known);
    const spot = await this.read(spotMetaRequest(), spotMetaAnswer);
    if (!spot.ok) return spot;
    this.collaterals = new Map(spot.value.tokens.map(({ index, name }) => [index, name]));
    const name = this.collaterals.get(token);
    return name === undefined ? err({ code: 'unparseable', detail: `spotMeta: no token ${token}` }) : ok(name);
  }

  /** One question at `/info`, its answer parsed. `urgent`: it goes before those that can wait, whatever is usual for its type. */
  async read<T>(request: AnyRequest, schema: z.ZodType<T>, urgent = isUrgentRead(request.type)): Promise<Read<T>> {
    const egress = await this.egress.read(request.type, urgent);
    const client = egress === null ? undefined : this.clients[egress];
    if (egress === null || client === undefined) return err({ code: 'rate_limited', detail: `${request.type}: no room for it in time` });
    const outcome = await client.post('/info', JSON.stringify(request));
    if (outcome.kind === 'not_sent') this.egress.unreachable(egress);
    if (outcome.kind !== 'answer') return err({ code: 'unreachable', detail: outcome.detail });
    if (outcome.status === 429) {
      this.egress.refused(egress);
      return err({ code: 'rate_limited', detail: request.type });
    }
    this.egress.readAnswered(egress, request.type, outcome.body);
    if (outcome.status !== 200) return err({ code: 'unreachable', detail: `${request.type}: HTTP ${outcome.status} ${outcome.text}` });
    return readWith(request.type, schema, outcome.body);
  }
}

/** Identity of a fill among one address's fills. */
export const fillKey = (fill: VenueFill): string => `${fill.time}:${fill.coin}:${fill.tradeId}:${fill.orderId}`;

/** Identity of a charge of funding among one address's. */
export const fundingKey = (charge: VenueFunding): string => `${charge.time}:${charge.coin}`;

/** `strictIsolated` and `noCross` admit no cross margin, absent admits it. A mode nobody knows is taken for isolated, which every instrument admits. */
const isIsolatedMode = (marginMode: string | undefined): boolean => marginMode !== undefined && marginMode !== 'cross';

/** The instruments of one dex with their marks; `firstId` is the asset id of its first entry. */
export function marketContexts(dex: string, firstId: number, collateral: string, [meta, contexts]: MetaAndContexts): MarketContext[] {
  return meta.universe.flatMap((asset, index) => {
    const context = contexts[index];
    if (context === undefined) return [];
    const instrument: Instrument = {
      venue: 'hyperliquid',
      dex,
      coin: asset.name,
      assetId: firstId + index,
      szDecimals: asset.szDecimals,
      maxLeverage: asset.maxLeverage,
      onlyIsolated: asset.onlyIsolated || isIsolatedMode(asset.marginMode),
      delisted: asset.isDelisted,
      collateral,
    };
    return [{ instrument, markPrice: context.markPx, oraclePrice: context.oraclePx, midPrice: context.midPx ?? null, fundingRate: context.funding }];
  });
}
