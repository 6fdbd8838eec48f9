import { constraintOf, type PlatformUnit, type TierRow } from '@lockstep/storage';
import { DEFAULT_TIER } from '@lockstep/tenancy';
import { Body, Controller, Delete, Get, Inject, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { OperatorOnly } from '../auth/access';
import { concurrencyField, limitsBody, quotasField, readTier, requestsField, type TierLimits, tierLimitsSchema } from '../auth/tiers';
import { changedFields } from '../http/audit-change';
import { wholeList } from '../http/cursors';
import { Answers, AnswersTag, TakesTag } from '../http/documented';
import { ProblemException, problemOf } from '../http/problem-exception';
import { type RevisionOf, staleRefusal, taggedAnswer } from '../http/tags';
import { type TierBody, tierBody, tierListSchema, tierSchema } from './operator-body';
import { CurrentOperator, type OperatorCall } from './operator-call';
import { OperatorMutations } from './operator-mutations';
import { TierPath } from './paths';

class CreateTierDto extends createZodDto(
  tierLimitsSchema.extend({
    name: z.string().regex(/^[a-z][a-z0-9-]{1,31}$/, { error: 'a name of 2 to 32 characters of a-z, 0-9 and -, beginning with a letter' }),
  }),
) {}
const quotasChange = quotasField.partial();
class PatchTierDto extends createZodDto(
  z.strictObject({
    requests: requestsField.optional().describe('All request limits; they take the place of those that stood.'),
    concurrency: concurrencyField.optional(),
    quotas: quotasChange.optional().describe('Those left out stay.'),
  }),
) {}

/** What the plans allow. A change counts from the next request of each of their tenants on, on every gateway: limits are read with the key. */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator/tiers')
export class OperatorTiersController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(OperatorMutations) private readonly mutations: OperatorMutations,
  ) {}

  @Get()
  @Answers(200, tierListSchema)
  async list() {
    const { rows, use } = await this.context.storage.platform(
      async (unit) => ({ rows: await unit.tenants.listTiers(), use: await unit.tenants.tierUse() }),
      { readOnly: true },
    );
    return wholeList(rows.map((row) => tierBody(row, use.get(row.name) ?? 0)));
  }

  @Get(':name')
  @Answers(200, tierSchema)
  @AnswersTag()
  async get(@CurrentOperator() call: OperatorCall, @Param() { name }: TierPath) {
    const body = await this.context.storage.platform(async (unit) => this.presented(unit, await found(unit, name)), { readOnly: true });
    return taggedAnswer(call, body, tierRevision);
  }

  @Post()
  @Answers(201, tierSchema)
  create(@CurrentOperator() call: OperatorCall, @Body() body: CreateTierDto) {
    const { name, ...limits } = body;
    return this.mutations.run(
      call,
      201,
      async (unit) => {
        if (!(await unit.tenants.addTier(name, limits))) throw new ProblemException('already_exists', { detail: 'Another tier has this name.' });
        this.note(unit, call, 'tier.create', name, null, limits);
        return this.presented(unit, await found(unit, name));
      },
      tierRevision,
    );
  }

  @Patch(':name')
  @Answers(200, tierSchema)
  @TakesTag()
  patch(@CurrentOperator() call: OperatorCall, @Param() { name }: TierPath, @Body() body: PatchTierDto) {
    return this.mutations.run(
      call,
      200,
      async (unit) => {
        const row = await found(unit, name, true);
        const stale = await staleRefusal(call, () => this.presented(unit, row), tierRevision);
        if (stale !== null) throw problemOf(stale);
        const before = limitsOf(row);
        const { requests = before.requests, concurrency = before.concurrency, quotas = {} } = body;
        const after: TierLimits = { requests, concurrency, quotas: mergedQuotas(before.quotas, quotas) };
        await unit.tenants.putTier(name, after);
        this.note(unit, call, 'tier.update', name, before, after);
        return this.presented(unit, await found(unit, name));
      },
      tierRevision,
    );
  }

  @Delete(':name')
  @Answers(200, tierSchema)
  async remove(@CurrentOperator() call: OperatorCall, @Param() { name }: TierPath) {
    try {
      return await this.mutations.run(call, 200, async (unit) => {
        const row = await found(unit, name, true);
        const tenants = (await unit.tenants.tierUse()).get(name) ?? 0;
        if (name === DEFAULT_TIER)
          throw new ProblemException('state_conflict', { detail: 'New tenants have this tier unless told otherwise: it stays.' });
        if (tenants > 0) throw inUse();
        await unit.tenants.removeTier(name);
        this.note(unit, call, 'tier.delete', name, limitsOf(row), null);
        return tierBody(row, tenants);
      });
    } catch (error) {
      if (constraintOf(error) !== null) throw inUse();
      throw error;
    }
  }

  private async presented(unit: PlatformUnit, row: TierRow) {
    return tierBody(row, (await unit.tenants.tierUse()).get(row.name) ?? 0);
  }

  private note(unit: PlatformUnit, call: OperatorCall, action: string, tier: string, before: TierLimits | null, after: TierLimits | null): void {
    const change = before === null || after === null ? { before: plain(before), after: plain(after) } : changedFields(before, after);
    this.mutations.audit(unit, call, { action, targetId: tier, change });
    unit.afterCommit(() => this.context.log.info('tier changed', { actor: call.actor, requestId: call.requestId, action, tier, before, after }));
  }
}

const plain = (limits: TierLimits | null) => (limits === null ? null : { ...limits });

/** What the operator sets of a tier. */
const tierRevision: RevisionOf<TierBody> = ({ name, requests, concurrency, quotas }) => [name, requests, concurrency, quotas];

const inUse = (): ProblemException => new ProblemException('state_conflict', { detail: 'Tenants have this tier: give them another first.' });

async function found(unit: PlatformUnit, name: string, lock = false): Promise<TierRow> {
  const row = await unit.tenants.tier(name, lock);
  if (row === null) throw new ProblemException('not_found');
  return row;
}

const limitsOf = (row: TierRow): TierLimits => limitsBody(readTier(row.name, JSON.stringify(row.limits)).tier);

const mergedQuotas = (before: TierLimits['quotas'], change: z.output<typeof quotasChange>): TierLimits['quotas'] => ({
  api_keys: change.api_keys ?? before.api_keys,
  stream_connections: change.stream_connections ?? before.stream_connections,
  leaders: change.leaders ?? before.leaders,
  followers: change.followers ?? before.followers,
  active_copies: change.active_copies ?? before.active_copies,
  export_jobs: change.export_jobs ?? before.export_jobs,
});
