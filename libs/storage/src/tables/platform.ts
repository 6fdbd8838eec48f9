import type { Environment, Id, Price, Side, Size, TenantId } from '@lockstep/kernel';
import type {
  DailySeedRow,
  DetectionStandingRow,
  EgressStandingRow,
  EngineInstanceRow,
  InstrumentRow,
  KeyIndexRow,
  LeaderFillRow,
  LeaderSightRow,
  MoveRow,
  OffboardingRow,
  OperatorKeyRow,
  PlatformFlagRow,
  TenantContractRow,
  TenantRow,
  TierRow,
  VenueNetworkRow,
  WatchedAccountRow,
} from '../rows/platform';
import { big, bool, bytes, double, int, json, orNull, safeInt, text, texts, time } from '../unit/codec';
import { defineTable } from '../unit/table';

// Platform tables: no tenant scope.

export const tenants = defineTable<TenantRow>(
  'tenants',
  {
    id: text<TenantId>('id'),
    name: text('name'),
    tier: text('tier'),
    status: text<TenantRow['status']>('status'),
    timeZone: text('time_zone'),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
  },
  ['id'],
);
export const tenantOffboardings = defineTable<OffboardingRow>(
  'tenant_offboardings',
  {
    tenantId: text<TenantId>('tenant_id'),
    step: text<OffboardingRow['step']>('step'),
    actor: text('actor'),
    waitingMs: safeInt('waiting_ms'),
    beganAt: time('began_at'),
    closedAt: orNull(time('closed_at')),
    exportedAt: orNull(time('exported_at')),
    eraseAt: orNull(time('erase_at')),
    endedAt: orNull(time('ended_at')),
  },
  ['tenantId'],
);
export const tenantContracts = defineTable<TenantContractRow>(
  'tenant_contracts',
  {
    tenantId: text<TenantId>('tenant_id'),
    version: int('version'),
    operatorShare: big('operator_share'),
    builderAddress: orNull(text('builder_address')),
    actor: text('actor'),
    createdAt: time('created_at'),
  },
  ['tenantId', 'version'],
);
export const tiers = defineTable<TierRow>('tiers', { name: text('name'), limits: json('limits'), createdAt: time('created_at') }, ['name']);
export const operatorKeys = defineTable<OperatorKeyRow>(
  'operator_keys',
  {
    kid: text('kid'),
    digest: bytes('digest'),
    pepper: orNull(text('pepper')),
    label: text('label'),
    scopes: texts('scopes'),
    role: text<OperatorKeyRow['role']>('role'),
    status: text<OperatorKeyRow['status']>('status'),
    createdAt: time('created_at'),
    expiresAt: orNull(time('expires_at')),
    createdBy: orNull(text('created_by')),
    revokedAt: orNull(time('revoked_at')),
    revokedBy: orNull(text('revoked_by')),
    lastUsedAt: orNull(time('last_used_at')),
  },
  ['kid'],
);
export const keyIndex = defineTable<KeyIndexRow>(
  'key_index',
  {
    kid: text('kid'),
    tenantId: text<TenantId>('tenant_id'),
    environment: text<Environment>('environment'),
    keyId: text<Id<'apiKey'>>('key_id'),
    digest: bytes('digest'),
    pepper: orNull(text('pepper')),
    scopes: texts('scopes'),
    narrowedTo: texts('narrowed_to'),
    allowedAddresses: texts('allowed_addresses'),
    signed: text<KeyIndexRow['signed']>('signed'),
    signingSecret: orNull(bytes('signing_secret')),
    apiVersion: text('api_version'),
    status: text<KeyIndexRow['status']>('status'),
    expiresAt: orNull(time('expires_at')),
    createdAt: time('created_at'),
  },
  ['kid'],
);
export const venueNetworks = defineTable<VenueNetworkRow>(
  'venue_networks',
  {
    venue: text('venue'),
    network: text('network'),
    environment: text<Environment>('environment'),
    url: text('url'),
    createdAt: time('created_at'),
    ownerTenantId: orNull(text<TenantId>('owner_tenant_id')),
    clockFrozen: bool('clock_frozen'),
    clockRealAt: orNull(time('clock_real_at')),
    clockBusinessAt: orNull(time('clock_business_at')),
    closedAt: orNull(time('closed_at')),
  },
  ['venue', 'network'],
);
export const egressStandings = defineTable<EgressStandingRow>(
  'egress_standings',
  { venue: text('venue'), network: text('network'), standing: json('standing'), toldAt: time('told_at') },
  ['venue', 'network'],
);
export const instruments = defineTable<InstrumentRow>(
  'instruments',
  {
    venue: text('venue'),
    network: text('network'),
    coin: text('coin'),
    dex: text('dex'),
    assetId: safeInt('asset_id'),
    szDecimals: int('sz_decimals'),
    maxLeverage: int('max_leverage'),
    onlyIsolated: bool('only_isolated'),
    delisted: bool('delisted'),
    collateral: text('collateral'),
    updatedAt: time('updated_at'),
  },
  ['venue', 'network', 'coin'],
);
export const watchedAccounts = defineTable<WatchedAccountRow>(
  'watched_accounts',
  {
    no: big('no'),
    venue: text('venue'),
    network: text('network'),
    address: text('address'),
    topMoveSeq: big('top_move_seq'),
    historyFromMs: orNull(safeInt('history_from_ms')),
    createdAt: time('created_at'),
  },
  ['no'],
  ['no', 'topMoveSeq'],
);
export const leaderFills = defineTable<LeaderFillRow>(
  'leader_fills',
  {
    watchedNo: big('watched_no'),
    coin: text('coin'),
    timeMs: safeInt('time_ms'),
    tid: text('tid'),
    oid: text('oid'),
    side: text<Side>('side'),
    price: big('price'),
    size: big('size'),
    startPosition: big('start_position'),
    closedPnl: big('closed_pnl'),
    fee: big('fee'),
    feeAsset: text('fee_asset'),
    builderFee: big('builder_fee'),
    crossed: bool('crossed'),
    liquidation: bool('liquidation'),
    cloid: orNull(text('cloid')),
    twapId: orNull(text('twap_id')),
    receivedAt: double('received_at'),
    provisional: bool('provisional'),
  },
  ['watchedNo', 'coin', 'timeMs', 'tid'],
);
export const detectionStandings = defineTable<DetectionStandingRow>(
  'detection_standings',
  { venue: text('venue'), network: text('network'), standing: json('standing'), updatedAt: time('updated_at') },
  ['venue', 'network'],
);
export const leaderSights = defineTable<LeaderSightRow>(
  'leader_sights',
  { watchedNo: big('watched_no'), source: text<LeaderSightRow['source']>('source'), seat: bool('seat'), lastSeenAt: orNull(time('last_seen_at')) },
  ['watchedNo'],
);
export const moves = defineTable<MoveRow>(
  'moves',
  {
    id: big('id'),
    watchedNo: big('watched_no'),
    seq: big('seq'),
    coin: text('coin'),
    venueKey: text('venue_key'),
    positionBefore: big<Size>('position_before'),
    positionAfter: big<Size>('position_after'),
    vwap: big<Price>('vwap'),
    firstFillMs: safeInt('first_fill_ms'),
    lastFillMs: safeInt('last_fill_ms'),
    leaderEquity: orNull(big('leader_equity')),
    receivedAt: double('received_at'),
    status: text<MoveRow['status']>('status'),
    detail: json('detail'),
    createdAt: time('created_at'),
  },
  ['id'],
  ['id'],
);
export const engineInstances = defineTable<EngineInstanceRow>(
  'engine_instances',
  {
    no: int('no'),
    label: text('label'),
    startedAt: time('started_at'),
    heartbeatAt: time('heartbeat_at'),
    stoppedAt: orNull(time('stopped_at')),
    term: int('term'),
  },
  ['no'],
);
export const dailySeeds = defineTable<DailySeedRow>(
  'daily_seeds',
  { day: text('day'), commitment: bytes('commitment'), seed: bytes('seed'), revealedAt: orNull(time('revealed_at')) },
  ['day'],
);
export const platformFlags = defineTable<PlatformFlagRow>(
  'platform_flags',
  {
    name: text('name'),
    tenantId: orNull(text<TenantId>('tenant_id')),
    environment: orNull(text<Environment>('environment')),
    active: bool('active'),
    actor: orNull(text('actor')),
    reason: orNull(text('reason')),
    updatedAt: time('updated_at'),
  },
  ['name'],
);
