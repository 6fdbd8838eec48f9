import { present } from '@lockstep/kernel';
import { newAsset, newSpotAsset } from './asset';
import { settingsOf, universeOf, type VenueSettings, type WorldConfig } from './config';
import { NonceSet } from './nonces';
import type { Address } from './port';
import type { Rewards } from './reward-state';
import { SmallMap } from './small-map';
import type { Agent, Asset, Clearing, Dex, Fill, SpotPair, Token, Twap, TwapRecord, VenueAccount } from './state';
import type { TokenSpec } from './tokens';
import { emptyTopics, type Topics } from './topics';
import { spotPairsOf, tokensOf } from './universe';
import type { Vault } from './vault-state';

export interface AgentOwner {
  readonly owner: VenueAccount;
  readonly agent: Agent;
}

/** Everything one world knows. */
export interface Exchange {
  readonly config: WorldConfig;
  readonly settings: VenueSettings;
  readonly dexes: readonly Dex[];
  /** The first is USDC. */
  readonly tokens: readonly Token[];
  readonly assetsById: ReadonlyMap<number, Asset>;
  readonly assetsByCoin: ReadonlyMap<string, Asset>;
  readonly accounts: Map<Address, VenueAccount>;
  readonly agents: Map<Address, AgentOwner>;
  /** Every address that ever was an agent: it can never be one again. */
  readonly usedAgents: Set<Address>;
  readonly signers: Map<Address, NonceSet>;
  readonly house: VenueAccount;
  /** Builder fees and referral rewards by who may claim them. */
  readonly rewards: Map<Address, Rewards>;
  readonly referralCodes: Map<string, VenueAccount>;
  /** By the account each trades. */
  readonly vaults: Map<VenueAccount, Vault>;
  /** Clearinghouses changed in this block, looked at when it ends. */
  readonly touched: Clearing[];
  readonly topics: Topics;
  /** Accounts with a dead-man switch set. */
  readonly scheduled: Set<VenueAccount>;
  /** How often an account's dead-man switch fired on which day. */
  readonly scheduleFires: Map<VenueAccount, { day: number; count: number }>;
  /** TWAPs whose slices are still to be sent, oldest first. */
  readonly twaps: Set<Twap>;
  /** What is kept of the TWAPs of an account. */
  readonly twapRecords: Map<VenueAccount, TwapRecord>;
  readonly totals: Totals;
  /** After an upgrade of the network only post-only orders are taken. */
  postOnly: boolean;
  nextTwapId: number;
  nextLiquidationId: number;
  time: number;
  block: number;
  /** Running number of the action inside the block. */
  index: number;
  /** Running number of the trade inside the block. */
  trades: number;
  nextOid: number;
  /** Told of every fill of an ordinary account, for auditors; null when nobody asked. */
  onFill: ((fill: Fill, owner: VenueAccount) => void) | null;
}

/** Running counts. Sums of money stand with their token. */
export interface Totals {
  acceptedOrders: number;
  fills: number;
}

/** The account behind the synthetic makers and forced trades. */
export const HOUSE_ADDRESS: Address = `0x${'feed'.repeat(10)}`;

const FIRST_OID = 500_000_000_000;
const OIDS_PER_SEED = 1_000_000;
const FIRST_TWAP_ID = 1_000_000;
const TWAP_IDS_PER_SEED = 10_000;

export function createExchange(config: WorldConfig): Exchange {
  const settings = settingsOf(config);
  const universe = universeOf(config);
  const tokens = tokensOf(universe).map(newToken);
  const tokenAt = (index: number): Token =>
    present(
      tokens.find((token) => token.spec.index === index),
      `token ${index}`,
    );
  const pairs = spotPairsOf(universe).map((spec): SpotPair => ({ spec, base: tokenAt(spec.base), quote: tokenAt(spec.quote) }));
  const dexes = universe.dexes.map((spec, index): Dex => ({ index, spec, collateral: tokenAt(spec.collateralToken), spot: [], assets: [] }));
  for (const dex of dexes) {
    dex.spec.assets.forEach((spec, index) => {
      dex.assets.push(newAsset(dex, spec, index));
    });
  }
  const main = present(dexes[0], 'the main dex');
  for (const pair of pairs) main.spot.push(newSpotAsset(main, pair));
  const assets = dexes.flatMap((dex) => [...dex.assets, ...dex.spot]);
  const house = newAccount(HOUSE_ADDRESS, { isHouse: true });
  return {
    config,
    settings,
    dexes,
    tokens,
    assetsById: new Map(assets.map((asset) => [asset.id, asset])),
    assetsByCoin: new Map(assets.map((asset) => [asset.coin, asset])),
    accounts: new Map([[house.address, house]]),
    agents: new Map(),
    usedAgents: new Set(),
    signers: new Map(),
    house,
    rewards: new Map(),
    referralCodes: new Map(),
    vaults: new Map(),
    touched: [],
    topics: emptyTopics(),
    scheduled: new Set(),
    scheduleFires: new Map(),
    twaps: new Set(),
    twapRecords: new Map(),
    postOnly: false,
    nextTwapId: FIRST_TWAP_ID + (config.seed % 1_000) * TWAP_IDS_PER_SEED,
    nextLiquidationId: 0,
    totals: { acceptedOrders: 0, fills: 0 },
    time: config.genesisTime,
    block: 0,
    index: 0,
    trades: 0,
    nextOid: FIRST_OID + (config.seed % 100_000) * OIDS_PER_SEED,
    onFill: null,
  };
}

const newToken = (spec: TokenSpec): Token => ({ spec, totals: { credited: 0, fees: 0, deployerFees: 0, rewards: 0, funding: 0 } });

interface Kind {
  readonly isHouse?: boolean;
  readonly master?: VenueAccount;
}

function newAccount(address: Address, { isHouse = false, master }: Kind = {}): VenueAccount {
  return {
    address,
    isHouse,
    clearings: new SmallMap(),
    spot: new SmallMap(),
    abstraction: 'disabled',
    master: master ?? null,
    subName: '',
    subAccounts: [],
    leader: null,
    multiSig: null,
    tradedDays: [],
    netDeposits: 0,
    values: [],
    actionsDay: 0,
    actionsToday: 0,
    hasSent: false,
    leverage: new SmallMap(),
    open: new SmallMap(),
    openCloids: new SmallMap(),
    restingReduceOnly: 0,
    restingSpot: 0,
    orders: [],
    fills: [],
    fundings: [],
    ledger: [],
    agents: [],
    builders: new SmallMap(),
    volume: 0,
    subVolume: 0,
    partLiquidatedAt: Number.NEGATIVE_INFINITY,
    requests: 0,
    lastRequestTime: 0,
    referredBy: null,
    referralCode: null,
    agentRemovalUntil: 0,
    scheduledCancel: null,
    topic: null,
  };
}

/** The account of an address, made when it is new: with a master as its sub-account. */
export function accountOf(ex: Exchange, address: Address, master?: VenueAccount): VenueAccount {
  const known = ex.accounts.get(address);
  if (known !== undefined) return known;
  const account = newAccount(address, master === undefined ? {} : { master });
  account.topic = ex.topics.users.get(address) ?? null;
  ex.accounts.set(address, account);
  return account;
}

export function clearingOf(account: VenueAccount, dex: Dex): Clearing {
  const known = account.clearings.get(dex);
  if (known !== undefined) return known;
  const clearing: Clearing = { owner: account, dex, cash: 0, positions: new SmallMap(), fundingPaid: new SmallMap(), touched: false };
  account.clearings.set(dex, clearing);
  return clearing;
}

export const mainDex = (ex: Exchange): Dex => present(ex.dexes[0], 'the main dex');
/** The perp of an id; undefined for a spot pair too. */
export function perpOf(ex: Exchange, id: number): Asset | undefined {
  const asset = ex.assetsById.get(id);
  return asset?.pair === null ? asset : undefined;
}
export const usdc = (ex: Exchange): Token => present(ex.tokens[0], 'USDC');

/** The token of `NAME` or `NAME:0x…`; null when there is none, or its id is another. */
export function tokenNamed(ex: Exchange, text: string): Token | null {
  const [name, id] = text.split(':', 2);
  return ex.tokens.find(({ spec }) => spec.name === name && (id === undefined || id === spec.tokenId)) ?? null;
}

/** The dex of a name, empty for the main one. */
export const dexNamed = (ex: Exchange, name: string): Dex | null => ex.dexes.find((dex) => dex.spec.name === name) ?? null;

export function nonceSetOf(ex: Exchange, signer: Address): NonceSet {
  const known = ex.signers.get(signer);
  if (known !== undefined) return known;
  const fresh = new NonceSet();
  ex.signers.set(signer, fresh);
  return fresh;
}

export function nextOid(ex: Exchange): number {
  ex.nextOid += 1;
  return ex.nextOid;
}

/** Marks a clearinghouse as changed in this block. */
export function touch(ex: Exchange, clearing: Clearing): void {
  if (clearing.touched || clearing.owner.isHouse) return;
  clearing.touched = true;
  ex.touched.push(clearing);
  if (clearing.owner.topic !== null) clearing.owner.topic.stateTouched = true;
}
