import { randomBytes } from 'node:crypto';
import {
  type CopyId,
  type FollowerId,
  type Id,
  type LeaderId,
  must,
  rate,
  size,
  type TenantScope,
  UNIT,
  type VenueAccountId,
} from '@lockstep/kernel';
import { sealer, sealingContext, systemClock, systemIds, systemRandom } from '@lockstep/platform';
import { type CopySettings, defaultCopySettings, encodeCopySettings } from '@lockstep/roster';
import { MAIN_ACCOUNT, type Storage } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { generateAgentKey } from '@lockstep/venues/hyperliquid';
import type { AccountSetup } from '../../client/sim-control';
import type { FanoutOptions } from './options';
import type { FanoutPlatform } from './platform';

/** One follower: where the venue keeps its position, and how many lots it shall hold after each step of a round. */
export interface CastFollower {
  readonly copyId: CopyId;
  readonly address: string;
  readonly agentKey: Uint8Array;
  readonly agentAddress: string;
  readonly terms: Terms;
}

/** A follower's terms and, worked out by hand, what they lead to: lots after open, increase, reduce and close. */
export interface Terms {
  readonly settings: CopySettings;
  readonly lots: readonly [number, number, number, number];
}

export interface Cast {
  readonly leader: string;
  readonly builder: string;
  readonly scopes: readonly TenantScope[];
  readonly followers: readonly CastFollower[];
}

/** The copied instrument of the simulated universe: four size decimals, so that a lot is 0.0001. */
export const COIN = 'ETH';
export const LOT_DECIMALS = 4;
/** The leader's position in lots after open, increase, reduce and close. */
export const LEADER_LOTS = [400_000, 600_000, 300_000, 0] as const;

const BUILDER_FEE_TENTHS = 10;
const ALLOCATION = 2_000n * UNIT;
const CREDIT = '5000';
/** Patient on purpose: a loaded machine must be measured, not refused as stale. Printed with the report. */
export const MAX_AGE_MS = 60_000;
const CATCH_UP_MS = 300_000;
/** What the simulated venue gives a new account: nothing is left to set between the waves. */
const VENUE_LEVERAGE = 20;
const LEADER_CREDIT = '10000000';

/** Two ratios and one cap that cuts: at 1/1000 a cap of 500 lots cuts the increase, and the reduction by half starts from what was left. */
function termsOf(index: number): Terms {
  const base = defaultCopySettings();
  const half = index % 3 === 1;
  const capped = index % 3 === 2;
  return {
    settings: {
      ...base,
      mode: { kind: 'fixed_ratio', ratio: rate(half ? 500_000_000n : 1_000_000_000n) },
      caps: {
        maxGrossExposure: null,
        minLiquidationDistance: null,
        maxPositionSize: size(capped ? 5_000_000n : 100_000_000n),
        maxPositionNotional: (1_000n * UNIT) as NonNullable<CopySettings['caps']['maxPositionNotional']>,
        maxPositionShare: rate(900_000_000_000n),
        maxLeverage: base.caps.maxLeverage,
      },
      // A stop follows seconds behind its wave, at its own pace; the orders of the waves alone are measured.
      breaker: { ...base.breaker, fromStart: rate(900_000_000_000n), protectiveStop: false },
      maxAgeMs: MAX_AGE_MS,
      catchUpMs: CATCH_UP_MS,
      venueLeverage: VENUE_LEVERAGE,
    },
    lots: half ? [200, 300, 150, 0] : capped ? [400, 500, 250, 0] : [400, 600, 300, 0],
  };
}

/**
 * Writes brands, a leader listed by each, and the followers with their copies as the gateway and an activation leave them: rows in bulk through scoped
 * units, each agent key generated for itself and sealed for the engine, accounts funded and approved at the venue in bulk.
 */
export async function writeCast(platform: FanoutPlatform, options: FanoutOptions): Promise<Cast> {
  const leader = randomAddress();
  const builder = randomAddress();
  await platform.control.credit(leader, LEADER_CREDIT);
  await platform.control.credit(builder, '1000');
  const scopes = await writeTenants(platform.storage, options.tenants);
  const ids = systemIds(systemClock, systemRandom);
  const followers: CastFollower[] = [];
  for (let index = 0; index < options.followers; index += 1) {
    const { privateKey, address: agentAddress } = await generateAgentKey(systemRandom);
    followers.push({ copyId: ids.next('copy'), address: randomAddress(), agentKey: privateKey, agentAddress, terms: termsOf(index) });
  }
  await platform.control.setUp(followers.map((follower) => accountOf(follower, builder)));
  for (const [index, scope] of scopes.entries()) {
    const own = followers.filter((_, at) => at % scopes.length === index);
    await writeScope(platform, scope, leader, builder, own);
  }
  return { leader, builder, scopes, followers };
}

const randomAddress = (): string => `0x${randomBytes(20).toString('hex')}`;

const accountOf = ({ address, agentAddress }: CastFollower, builder: string): AccountSetup => ({
  address,
  credits: { '': CREDIT },
  agent: { address: agentAddress, name: 'lockstep' },
  builder: { address: builder, maxTenthsBp: BUILDER_FEE_TENTHS },
});

async function writeTenants(storage: Storage, count: number): Promise<TenantScope[]> {
  const ids = systemIds(systemClock, systemRandom);
  const scopes: TenantScope[] = [];
  await storage.platform(async (unit) => {
    await unit.tenants.putTier('standard', {});
    for (let index = 0; index < count; index += 1) {
      const id = ids.next('tenant');
      const now = unit.now;
      const brand = { id, name: `Brand ${index + 1}`, tier: 'standard', timeZone: 'UTC' };
      await unit.tenants.insert({ ...brand, status: 'active', createdAt: now, updatedAt: now });
      scopes.push(scopeFromPlatformList(id, 'test'));
    }
  });
  return scopes;
}

async function writeScope(platform: FanoutPlatform, scope: TenantScope, leader: string, builder: string, followers: readonly CastFollower[]) {
  const ids = systemIds(systemClock, systemRandom);
  const watched = await platform.storage.platform((unit) => unit.inbox.watch('hyperliquid', 'sim', leader));
  const leaderId = ids.next('leader');
  const rows = followers.map((follower) => ({
    ...follower,
    followerId: ids.next('follower'),
    accountId: ids.next('venueAccount'),
  }));
  await platform.storage.scoped(scope, async (unit) => {
    const times = { createdAt: unit.now, updatedAt: unit.now };
    await unit.leaders.insert({ id: leaderId, watchedNo: watched.no, name: 'Leader', terms: {}, status: 'active', access: 'everyone', ...times });
    await unit.feeSchedules.insert(feeSchedule(ids.next('feeSchedule'), builder, unit.now));
    await unit.followers.insertAll(rows.map(({ followerId }) => ({ id: followerId, externalRef: null, status: 'active', ...times })));
    await unit.venueAccounts.insertAll(rows.map((row) => ({ ...accountRow(platform.sealingPublicKey, scope, row, builder), ...times })));
    await unit.copies.insertAll(rows.map((row) => ({ ...copyRow(leaderId, row), ...times, startedAt: unit.now, stoppedAt: null, unwindBy: null })));
    await unit.copies.addAllSettings(
      rows.map(({ copyId, terms }) => {
        const settings = encodeCopySettings(terms.settings);
        return { copyId, version: 1, settings, actor: 'bench', effectiveFrom: unit.now };
      }),
    );
  });
}

interface WrittenFollower extends CastFollower {
  readonly followerId: FollowerId;
  readonly accountId: VenueAccountId;
}

function accountRow(publicKey: string, scope: TenantScope, row: WrittenFollower, builder: string) {
  const context = sealingContext(scope.tenantId, scope.environment, row.accountId);
  must(row.agentKey.length === 32, 'an agent key has 32 bytes');
  return {
    id: row.accountId,
    followerId: row.followerId,
    venue: 'hyperliquid',
    network: 'sim',
    address: row.address,
    ...MAIN_ACCOUNT,
    mode: 'standard',
    agentAddress: row.agentAddress,
    sealedAgentKey: Buffer.from(sealer(publicKey).seal(row.agentKey, context)),
    agentStatus: 'approved',
    agentValidUntil: null,
    builderAddress: builder,
    builderFeeApproved: BUILDER_FEE_TENTHS,
    approvals: {},
    status: 'active',
    statusReason: null,
  } as const;
}

function copyRow(leaderId: LeaderId, row: WrittenFollower) {
  const { copyId: id, followerId, accountId: venueAccountId } = row;
  return { id, leaderId, followerId, venueAccountId, allocation: ALLOCATION, state: 'active', stateReason: 'prepared', settingsVersion: 1 };
}

function feeSchedule(id: Id<'feeSchedule'>, builder: string, now: number) {
  return {
    id,
    version: 1,
    markupTenths: BUILDER_FEE_TENTHS,
    flow: 'all',
    builderAddress: builder,
    builderOwner: 'tenant',
    operatorShare: 200_000_000_000n,
    missingApproval: 'deny_entries',
    actor: 'bench',
    createdAt: now,
    effectiveFrom: now,
  } as const;
}
