import { type EpochMs, ok, type Result } from '@lockstep/kernel';
import type {
  AccountState,
  Address,
  AddressRole,
  AgentApproval,
  BuilderStanding,
  LeverageSetting,
  MarketContext,
  VenueAccounts,
  VenueFill,
  VenueReadError,
  VenueTruth,
} from '@lockstep/venues/port';
import { asList, asObject, asText, asWhole } from '../exchange/json';
import type { Json } from '../exchange/port';
import type { Asking } from './ask';
import { equityOf, fillOf, fundingOf, marketsOf, openOrderOf, standingOf, stateOf } from './read';
import type { Traffic } from './traffic';

type Info = (request: Json) => Json;

const FILLS_PAGE = 2_000;
const ROWS_PAGE = 500;
/** Pages of one reading of fills at most. */
const PAGES_MAX = 20;

/** Dexes of the world by name, in the venue's order, `''` first. */
export function dexesOf(info: Info): string[] {
  return (asList(info({ type: 'perpDexs' })) ?? []).map((dex) => asText(asObject(dex)?.name) ?? '');
}

/** Every listed instrument of the named dexes, or of all. */
export function contextsOf(info: Info, dexes?: readonly string[]): MarketContext[] {
  const tokens = asList(asObject(info({ type: 'spotMeta' }))?.tokens) ?? [];
  const nameOf = (index: number): string => asText(tokens.map(asObject).find((token) => asWhole(token?.index) === index)?.name) ?? '';
  return dexesOf(info).flatMap((dex, place) =>
    dexes === undefined || dexes.includes(dex) ? marketsOf(dex, place, info({ type: 'metaAndAssetCtxs', dex }), nameOf) : [],
  );
}

/** Fills of an address from a moment on, oldest first, page after page. */
export function fillsOf(info: Info, address: Address, since: EpochMs): VenueFill[] {
  const fills: VenueFill[] = [];
  const seen = new Set<string>();
  let from = since;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const rows = (asList(info({ type: 'userFillsByTime', user: address, startTime: from })) ?? []).map(fillOf);
    for (const fill of rows) {
      const key = `${fill.coin}/${fill.time}/${fill.tradeId}`;
      if (!seen.has(key)) fills.push(fill);
      seen.add(key);
    }
    const last = rows.at(-1);
    if (rows.length < FILLS_PAGE || last === undefined) break;
    from = last.time;
  }
  return fills;
}

export const accountOf = (info: Info, address: Address, dex: string): AccountState =>
  stateOf(address, dex, info({ type: 'clearinghouseState', user: address, dex }));

/** The world's truth as the port reads it. */
export class WorldTruth implements VenueTruth {
  constructor(
    private readonly asking: Asking,
    private readonly traffic: Traffic,
  ) {}

  async markets(dexes?: readonly string[]) {
    return told(await this.asking.read('markets', (info) => contextsOf(info, dexes)), (contexts) =>
      this.traffic.marks(contexts.map(({ instrument, markPrice }) => ({ coin: instrument.coin, markPrice, receivedAt: 0 }))),
    );
  }

  async account(address: Address, dex: string) {
    return told(await this.asking.read('account', (info) => accountOf(info, address, dex)), (state) => this.traffic.account(state));
  }

  openOrders(address: Address, dex: string) {
    return this.asking.read('open orders', (info) => (asList(info({ type: 'frontendOpenOrders', user: address, dex })) ?? []).map(openOrderOf));
  }

  orderStatus(address: Address, order: string) {
    return this.asking.read('order', (info) => standingOf(info({ type: 'orderStatus', user: address, oid: order })));
  }

  async fills(address: Address, since: EpochMs) {
    return told(await this.asking.read('fills', (info) => fillsOf(info, address, since)), (fills) => this.traffic.fills(address, fills));
  }

  async funding(address: Address, since: EpochMs) {
    const read = await this.asking.read('funding', (info) => {
      const rows = (asList(info({ type: 'userFunding', user: address, startTime: since })) ?? []).map(fundingOf);
      return { charges: rows, complete: rows.length < ROWS_PAGE };
    });
    return told(read, ({ charges }) => this.traffic.funding(address, charges));
  }

  agents(address: Address) {
    return this.asking.read('agents', (info) => (asList(info({ type: 'extraAgents', user: address })) ?? []).map(agentOf));
  }

  builderApproval(address: Address, builder: Address) {
    return this.asking.read('builder approval', (info) => asWhole(info({ type: 'maxBuilderFee', user: address, builder })) ?? 0);
  }

  equityHistory(address: Address) {
    return this.asking.read('equity history', (info) => equityOf(info({ type: 'portfolio', user: address })));
  }

  accountMode(address: Address) {
    return this.asking.read('account mode', (info) => (info({ type: 'userAbstraction', user: address }) === 'disabled' ? 'standard' : 'unified'));
  }
}

/** Reads about accounts themselves. */
export class WorldAccounts implements VenueAccounts {
  constructor(private readonly asking: Asking) {}

  role(address: Address) {
    return this.asking.read('role', (info) => roleOf(info({ type: 'userRole', user: address }), address));
  }

  leverage(address: Address, coin: string): Promise<Result<LeverageSetting, VenueReadError>> {
    return this.asking.read('leverage', (info) => {
      const leverage = asObject(asObject(info({ type: 'activeAssetData', user: address, coin }))?.leverage);
      return { leverage: asWhole(leverage?.value) ?? 1, cross: leverage?.type === 'cross' };
    });
  }

  builderStanding(builder: Address): Promise<Result<BuilderStanding, VenueReadError>> {
    return this.asking.read('builder', (info) => ({
      standardMode: info({ type: 'userAbstraction', user: builder }) === 'disabled',
      accountValue: accountOf(info, builder, '').accountValue,
    }));
  }
}

function agentOf(value: Json): AgentApproval {
  const agent = asObject(value);
  return { name: asText(agent?.name) ?? '', address: asText(agent?.address) ?? '', validUntil: asWhole(agent?.validUntil) };
}

function roleOf(value: Json, address: Address): AddressRole {
  const answer = asObject(value);
  const data = asObject(answer?.data);
  switch (answer?.role) {
    case 'user':
      return { kind: 'main' };
    case 'subAccount':
      return { kind: 'sub_account', master: asText(data?.master) ?? address };
    case 'vault':
      return { kind: 'vault', leader: address };
    case 'agent':
      return { kind: 'agent', of: asText(data?.user) ?? address };
    default:
      return { kind: 'missing' };
  }
}

function told<T>(read: Result<T, VenueReadError>, tell: (value: T) => void): Result<T, VenueReadError> {
  if (!read.ok) return read;
  tell(read.value);
  return ok(read.value);
}
