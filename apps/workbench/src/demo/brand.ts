import { isId, parseMoney, type TenantId, unwrap } from '@lockstep/kernel';
import { z } from 'zod';
import { ApiClient } from '../client/api';
import type { Wallet } from '../client/wallet';
import type { FollowerRole } from './builder-dexes/role';
import type { CopyLimits } from './judge-limits';

/** One follower of the demo as set up through the public API. */
export interface DemoCopy {
  readonly copyId: string;
  readonly leaderId: string;
  readonly address: string;
  readonly limits: CopyLimits;
  /** What was paid into its venue account so far, by purse (a dex, `spot` or `spot:TOKEN`); money 10^-8. */
  readonly paid: Map<string, bigint>;
  /** What its follower is there to show on builder dexes; null: nothing in particular. */
  readonly role: FollowerRole | null;
}

/** A brand with its key, as a partner would hold it. */
export interface DemoBrand {
  readonly name: string;
  readonly tenantId: TenantId;
  readonly key: string;
  readonly api: ApiClient;
  /** The venue its leaders and accounts are at. */
  readonly venue: string;
  readonly markupBps: string;
  readonly builder: string;
  readonly leaderIds: Map<string, string>;
  readonly copies: DemoCopy[];
}

const withId = z.object({ id: z.string() });
const tenantAnswer = z.object({ id: z.string().refine((id) => isId('tenant', id)) });
const withKey = z.object({ key: z.string() });
const accountAnswer = z.object({ id: z.string(), approvals: z.array(z.object({ kind: z.string(), typed_data: z.unknown() })) });

export interface BrandPlan {
  readonly name: string;
  readonly markupBps: string;
  readonly operatorShare: string;
  readonly builder: string;
  /** Default: hyperliquid. */
  readonly venue?: string;
}

/** Makes a brand through the operator's API and its first fee schedule through its own key. */
export async function makeBrand(operator: ApiClient, gatewayUrl: string, plan: BrandPlan): Promise<DemoBrand> {
  const tenant = tenantAnswer.parse(
    await operator.must('POST', '/v1/operator/tenants', { name: plan.name, tier: 'scale', operator_share: plan.operatorShare }),
  );
  const issued = withKey.parse(
    await operator.must('POST', `/v1/operator/tenants/${tenant.id}/api-keys`, { name: 'demo', livemode: false, scopes: ['*'] }),
  );
  const api = new ApiClient(gatewayUrl, issued.key);
  await api.must('POST', '/v1/fee-schedules', {
    execution_markup_bps: plan.markupBps,
    flow: 'all',
    builder_address: plan.builder,
  });
  return {
    name: plan.name,
    tenantId: tenant.id,
    key: issued.key,
    api,
    venue: plan.venue ?? 'hyperliquid',
    markupBps: plan.markupBps,
    builder: plan.builder,
    leaderIds: new Map(),
    copies: [],
  };
}

export async function addLeader(brand: DemoBrand, name: string, address: string): Promise<void> {
  const leader = withId.parse(await brand.api.must('POST', '/v1/leaders', { name, venue: brand.venue, network: 'sim', address }));
  brand.leaderIds.set(address, leader.id);
}

export interface FollowerPlan {
  readonly index: number;
  /** Which of the brands it belongs to, from 0. */
  readonly brand: number;
  readonly leaderAddress: string;
  readonly limits: CopyLimits;
  /** Settings besides the limits. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What its venue account holds, whole tokens by purse: a dex ('' is the main one), `spot` or `spot:TOKEN`. */
  readonly funds: Readonly<Record<string, string>>;
  /** How the venue holds its margin; absent: each dex for itself. */
  readonly mode?: 'unifiedAccount';
  /** It trades through a sub-account of its wallet with this address. */
  readonly subAccount?: string;
  readonly role?: FollowerRole;
}

/** A follower and its venue account with the approvals its own wallet signs, all through the public API; the venue account's id. */
export async function addAccount(
  brand: DemoBrand,
  { externalId, subAccount }: { readonly externalId: string; readonly subAccount?: string | undefined },
  wallet: Wallet,
): Promise<string> {
  const follower = withId.parse(await brand.api.must('POST', '/v1/followers', { external_id: externalId }));
  const account = accountAnswer.parse(
    await brand.api.must('POST', '/v1/venue-accounts', {
      follower_id: follower.id,
      venue: brand.venue,
      network: 'sim',
      address: subAccount ?? wallet.address,
      ...(subAccount === undefined ? {} : { account_type: 'sub_account', master_address: wallet.address }),
    }),
  );
  const signatures = await Promise.all(account.approvals.map(async ({ kind, typed_data }) => ({ kind, signature: await wallet.sign(typed_data) })));
  await brand.api.must('POST', `/v1/venue-accounts/${account.id}/approvals`, { signatures });
  return account.id;
}

export interface CopyWish {
  readonly leaderAddress: string;
  readonly accountId: string;
  readonly allocation: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A copy through the public API; its id. */
export async function addCopy(brand: DemoBrand, { leaderAddress, accountId, allocation, settings }: CopyWish): Promise<string> {
  const leaderId = brand.leaderIds.get(leaderAddress);
  return withId.parse(await brand.api.must('POST', '/v1/copies', { leader_id: leaderId, venue_account_id: accountId, allocation, settings })).id;
}

/** A follower, its venue account and its copy: all through the public API. */
export async function addFollower(brand: DemoBrand, plan: FollowerPlan, wallet: Wallet): Promise<void> {
  const { leaderAddress, limits } = plan;
  const accountId = await addAccount(brand, { externalId: `user-${plan.index}`, subAccount: plan.subAccount }, wallet);
  const settings = { ...plan.settings, ...limitSettings(limits) };
  const copyId = await addCopy(brand, { leaderAddress, accountId, allocation: limits.allocation, settings });
  const leaderId = brand.leaderIds.get(leaderAddress) ?? '';
  const paid = new Map(Object.entries(plan.funds).map(([purse, amount]) => [purse, unwrap(parseMoney(amount), 'an amount paid in')] as const));
  const address = plan.subAccount ?? wallet.address;
  brand.copies.push({ copyId, leaderId, address, limits, paid: new Map<string, bigint>(paid), role: plan.role ?? null });
}

const limitSettings = ({ maxSize, maxNotional, maxShare, maxLeverage, venueLeverage }: CopyLimits) => ({
  caps: { max_position_size: maxSize, max_position_notional: maxNotional, max_position_share: maxShare, max_leverage: maxLeverage },
  venue_leverage: venueLeverage,
});

/** Runs `work` over the items, at most `width` at a time. */
export async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}

/** Every object of a list, page by page. */
export async function readAll<S extends z.ZodType>(api: ApiClient, path: string, schema: S): Promise<z.output<S>[]> {
  const page = z.object({ data: z.array(schema), next_cursor: z.string().nullable() });
  const found: z.output<S>[] = [];
  for (let cursor: string | null = null; ; ) {
    const separator = path.includes('?') ? '&' : '?';
    const body = page.parse(await api.must('GET', `${path}${separator}limit=1000${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`));
    found.push(...body.data);
    cursor = body.next_cursor;
    if (cursor === null) return found;
  }
}
