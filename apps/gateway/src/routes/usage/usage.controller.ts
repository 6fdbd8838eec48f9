import { livemode, wireTime } from '@lockstep/delivery';
import { type CountedQuota, countOf, dailyRequests, requestsBetween, type ScopedUnit, tradesBetween } from '@lockstep/storage';
import { policiesFor, QUOTA_NAMES, type QuotaName, ROUTE_CLASSES, type Tier } from '@lockstep/tenancy';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../../app/context';
import { Needs } from '../../auth/access';
import { type Call, CurrentCall } from '../../http/call';
import { Answers } from '../../http/documented';
import { tierOf } from '../../http/quotas';
import { Reads } from '../../http/reads';
import { dailyBody, usageSchema } from './usage-body';

class UsageQuery extends createZodDto(
  z.object({
    month: z
      .string()
      .regex(/^20\d\d-(0[1-9]|1[0-2])$/, { error: 'a month, e.g. 2026-11' })
      .optional()
      .describe('Left out: this month.'),
    key_id: z.string().max(64).optional().describe('The daily sums of one key alone.'),
  }),
) {}

/** Sums of a day, key and class in one answer. */
const DAILY_SUMS_MAX = 5_000;

/** Quotas whose things are rows; the others are counted where they are held. */
const isCounted = (name: QuotaName): name is CountedQuota => name !== 'stream_connections';

/** What was used, and what the plan allows. */
@ApiTags('usage')
@Controller('v1/usage')
export class UsageController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Reads) private readonly reads: Reads,
  ) {}

  @Get()
  @Answers(200, usageSchema)
  @Needs('usage:read')
  async usage(@CurrentCall() call: Call, @Query() query: UsageQuery) {
    const tier = tierOf(call);
    const month = query.month ?? wireTime(this.context.clock.now()).slice(0, 7);
    const from = Date.parse(`${month}-01T00:00:00.000Z`);
    const to = monthAfter(from);
    return this.reads.run(call, async (unit) => {
      const [fromDay, toDay] = [wireTime(from).slice(0, 10), wireTime(to).slice(0, 10)];
      const requests = await requestsBetween(unit, fromDay, toDay);
      const sums = await dailyRequests(unit, { fromDay, toDay, keyId: query.key_id ?? null, limit: DAILY_SUMS_MAX + 1 });
      const { orders, fills } = await tradesBetween(unit, from, to);
      return {
        livemode: livemode(call.scope.environment),
        tier: tier.name,
        period: { from: wireTime(from), to: wireTime(to) },
        requests: requests.toString(),
        orders: orders.toString(),
        fills: fills.toString(),
        quotas: await standings(unit, tier.quotas),
        request_policies: policiesOf(tier),
        concurrency: tier.concurrency,
        daily: dailyBody(sums.slice(0, DAILY_SUMS_MAX)),
        daily_complete: sums.length <= DAILY_SUMS_MAX,
      };
    });
  }
}

/** Every limit on requests, those no tier sets included. */
function policiesOf(tier: Tier) {
  const all = new Map(ROUTE_CLASSES.flatMap((each) => policiesFor(tier, each)).map((policy) => [policy.name, policy]));
  return [...all.values()].map(({ name, per, classes, quota, windowMs }) => ({
    name,
    per,
    classes: [...classes],
    quota,
    window_seconds: windowMs / 1_000,
  }));
}

async function standings(unit: ScopedUnit, limits: Readonly<Record<QuotaName, number>>) {
  const found: { quota: QuotaName; limit: number; used: number | null }[] = [];
  for (const quota of QUOTA_NAMES) found.push({ quota, limit: limits[quota], used: isCounted(quota) ? await countOf(unit, quota) : null });
  return found;
}

/** The first moment of the next calendar month, UTC. */
function monthAfter(from: number): number {
  const at = new Date(from);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
}
