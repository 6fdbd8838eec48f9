import type { Environment, EpochMs, Id, Price, Side, Size, TenantId } from '@lockstep/kernel';

/** A brand as the operator keeps it. */
export interface TenantRow {
  readonly id: TenantId;
  readonly name: string;
  readonly tier: string;
  readonly status: 'active' | 'suspended' | 'closed';
  /** IANA name; days of daily limits and statements begin at its midnight. */
  readonly timeZone: string;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/**
 * `closing`: copies are stopped and become flat. `exporting`: files of all that the tenant has are made. `waiting`: they may be fetched, and it can still be taken back. `erasing`:
 * persons and secrets are destroyed. `erased` and `cancelled` are ends.
 */
export const OFFBOARDING_STEPS = ['closing', 'exporting', 'waiting', 'erasing', 'erased', 'cancelled'] as const;
export type OffboardingStep = (typeof OFFBOARDING_STEPS)[number];

/** How far the offboarding of a tenant is. */
export interface OffboardingRow {
  readonly tenantId: TenantId;
  readonly step: OffboardingStep;
  readonly actor: string;
  /** From the end of the export to the erasure, in ms. */
  readonly waitingMs: number;
  readonly beganAt: EpochMs;
  readonly closedAt: EpochMs | null;
  readonly exportedAt: EpochMs | null;
  /** No sooner than then is anything erased. */
  readonly eraseAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
}

/** What the operator agreed with a tenant. Append-only: the highest version counts. */
export interface TenantContractRow {
  readonly tenantId: TenantId;
  readonly version: number;
  /** Rate 10^-12 of the execution markup that is the operator's. */
  readonly operatorShare: bigint;
  /** The operator's own builder address; null: the tenant's receives the markup. Lower case. */
  readonly builderAddress: string | null;
  /** Operator key. */
  readonly actor: string;
  readonly createdAt: EpochMs;
}

export interface TierRow {
  readonly name: string;
  readonly limits: unknown;
  readonly createdAt: EpochMs;
}

export interface OperatorKeyRow {
  readonly kid: string;
  readonly digest: Buffer;
  /** Id of the pepper it was digested under; null: one of before they had ids. */
  readonly pepper: string | null;
  readonly label: string;
  readonly scopes: string[];
  readonly role: 'admin' | 'risk' | 'support';
  readonly status: 'active' | 'revoked';
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs | null;
  /** `operator:` and the kid of the key that made it; null: made on the machine. */
  readonly createdBy: string | null;
  readonly revokedAt: EpochMs | null;
  readonly revokedBy: string | null;
  readonly lastUsedAt: EpochMs | null;
}

/** kid → scope: the one lookup made before a scope is known. */
export interface KeyIndexRow {
  readonly kid: string;
  readonly tenantId: TenantId;
  readonly environment: Environment;
  readonly keyId: Id<'apiKey'>;
  readonly digest: Buffer;
  /** As an operator key's. */
  readonly pepper: string | null;
  readonly scopes: string[];
  /** As the key's own row has it, and what follows. */
  readonly narrowedTo: string[];
  readonly allowedAddresses: string[];
  readonly signed: 'nothing' | 'changes' | 'everything';
  /** Sealed; null where nothing is signed. */
  readonly signingSecret: Buffer | null;
  readonly apiVersion: string;
  readonly status: 'active' | 'revoked';
  readonly expiresAt: EpochMs | null;
  readonly createdAt: EpochMs;
}

/** A key index row with its tenant's standing, as authentication needs it. */
export interface KeyLookup extends KeyIndexRow {
  /** `offboarding`: suspended, and on its way out: its keys read. */
  readonly tenantStatus: TenantRow['status'] | 'offboarding';
  readonly tier: string;
  /** The tier's limits as text, unread. */
  readonly tierLimits: string | null;
  /** Until when faults of its scope may strike; null: it has none, as every live one. */
  readonly faultsUntil: EpochMs | null;
}

/** A venue's network (a world of it): `live` networks never serve `test` scopes and the reverse. */
export interface VenueNetworkRow {
  readonly venue: string;
  readonly network: string;
  readonly environment: Environment;
  readonly url: string;
  readonly createdAt: EpochMs;
  /** The tenant whose own world it is, in its test environment alone; null: everybody's of the environment. */
  readonly ownerTenantId: TenantId | null;
  /** The world's test clock (`@lockstep/tenancy`, test-clock): null where nobody owns it. */
  readonly clockFrozen: boolean;
  readonly clockRealAt: EpochMs | null;
  readonly clockBusinessAt: EpochMs | null;
  /** Set while the owned world is closed. */
  readonly closedAt: EpochMs | null;
}

/** What an engine last told of a network's egress addresses, in the form of its own schema. */
export interface EgressStandingRow {
  readonly venue: string;
  readonly network: string;
  readonly standing: unknown;
  readonly toldAt: EpochMs;
}

export interface InstrumentRow {
  readonly venue: string;
  readonly network: string;
  readonly coin: string;
  readonly dex: string;
  readonly assetId: number;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly onlyIsolated: boolean;
  readonly delisted: boolean;
  readonly collateral: string;
  readonly updatedAt: EpochMs;
}

export interface WatchedAccountRow {
  readonly no: bigint;
  readonly venue: string;
  readonly network: string;
  /** Lower case. */
  readonly address: string;
  readonly topMoveSeq: bigint;
  /** Venue time up to which fills are older than our history and never moves; null before the first state was taken. */
  readonly historyFromMs: number | null;
  readonly createdAt: EpochMs;
}

/** One execution of a watched account. Its key is the venue's: (watchedNo, coin, timeMs, tid). */
export interface LeaderFillRow {
  readonly watchedNo: bigint;
  readonly coin: string;
  readonly timeMs: number;
  readonly tid: string;
  readonly oid: string;
  readonly side: Side;
  readonly price: bigint;
  readonly size: bigint;
  readonly startPosition: bigint;
  readonly closedPnl: bigint;
  readonly fee: bigint;
  readonly feeAsset: string;
  readonly builderFee: bigint;
  readonly crossed: boolean;
  readonly liquidation: boolean;
  readonly cloid: string | null;
  readonly twapId: string | null;
  /** Epoch ms with fractions: when the frame left the socket. */
  readonly receivedAt: number;
  /** Told by a public trade: order, fee, closed PnL and the rest of the order's part are not known, `oid` is empty. */
  readonly provisional: boolean;
}

/** How the engine sees a network's leaders, in the words of the venue port; the back office and the gateway only show it. */
export interface DetectionStandingRow {
  readonly venue: string;
  readonly network: string;
  readonly standing: unknown;
  readonly updatedAt: EpochMs;
}

/** How a watched account is seen. Written when it changes. */
export interface LeaderSightRow {
  readonly watchedNo: bigint;
  readonly source: 'stream' | 'sweep' | 'none';
  readonly seat: boolean;
  /** Venue time of the newest fill or checked state. */
  readonly lastSeenAt: EpochMs | null;
}

export type MoveStatus = 'recorded' | 'planned' | 'superseded' | 'done' | 'given_up';

/** A change of a watched account's position. `id` is the wave number: unique over the platform, rising. */
export interface MoveRow {
  readonly id: bigint;
  readonly watchedNo: bigint;
  /** 1, 2, 3 … per watched account, without gaps. */
  readonly seq: bigint;
  readonly coin: string;
  /** The venue's identity of the move's first fill: a move recorded twice meets it. */
  readonly venueKey: string;
  readonly positionBefore: Size;
  readonly positionAfter: Size;
  readonly vwap: Price;
  readonly firstFillMs: number;
  readonly lastFillMs: number;
  readonly leaderEquity: bigint | null;
  readonly receivedAt: number;
  readonly status: MoveStatus;
  /** Increments and whatever else the planner keeps of the move. */
  readonly detail: unknown;
  readonly createdAt: EpochMs;
}
export type NewMove = Omit<MoveRow, 'id' | 'seq' | 'status' | 'createdAt' | 'watchedNo'>;

export interface EngineInstanceRow {
  /** 1 to 65535: the instance part of client order ids. */
  readonly no: number;
  readonly label: string;
  readonly startedAt: EpochMs;
  readonly heartbeatAt: EpochMs;
  readonly stoppedAt: EpochMs | null;
  /** Counts the engines that began. The newest alone writes (`UnitOptions.term`). */
  readonly term: number;
}

/** The seed of a day's permutations: its commitment is public at once, the seed after the day. */
export interface DailySeedRow {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly commitment: Buffer;
  readonly seed: Buffer;
  readonly revealedAt: EpochMs | null;
}

/** A switch, e.g. `kill_switch`: the platform's, or a tenant's when it names one; without an environment it reaches both of the tenant's. */
export interface PlatformFlagRow {
  readonly name: string;
  readonly tenantId: TenantId | null;
  readonly environment: Environment | null;
  readonly active: boolean;
  /** Who turned it last: an API key's id, or `operator:` and an operator key's kid. */
  readonly actor: string | null;
  readonly reason: string | null;
  readonly updatedAt: EpochMs;
}
