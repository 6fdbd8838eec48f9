import { isId } from '@lockstep/kernel';
import type { PlatformUnit, TenantRow } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { OperatorOnly } from '../auth/access';
import { changedFields, NO_CHANGE } from '../http/audit-change';
import { Answers, AnswersTag, TakesTag } from '../http/documented';
import { ProblemException, problemOf } from '../http/problem-exception';
import { type RevisionOf, staleRefusal, taggedAnswer } from '../http/tags';
import { changedLimits, limitsDraft, operatorLimitsBody, operatorLimitsSchema } from '../routes/limits/limits-body';
import { CurrentOperator, type OperatorCall } from './operator-call';
import { OperatorMutations } from './operator-mutations';
import { noteForTenant } from './tenant-audit';

/** Everything the operator sees of limits is the operator's own. */
const limitsRevision: RevisionOf<object> = (limits) => limits;
/** Name of the limits for everybody. */
const PLATFORM = 'platform';

class LimitsPath extends createZodDto(
  z.object({
    id: z
      .string()
      .regex(/^(platform|ten_[0-9a-hjkmnp-tv-z]{26})$/, { error: '`platform`, or the id of a tenant' })
      .describe('`platform`, or the id of a tenant: both its environments.'),
  }),
) {}
class PatchOperatorLimitsDto extends createZodDto(limitsDraft) {}

/** The operator's limits above all copies, or above those of a tenant. A tenant sees them in the effective settings of its copies and cannot loosen them. */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator/limits')
export class OperatorLimitsController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(OperatorMutations) private readonly mutations: OperatorMutations,
  ) {}

  @Get(':id')
  @Answers(200, operatorLimitsSchema)
  @AnswersTag()
  async get(@CurrentOperator() call: OperatorCall, @Param() path: LimitsPath) {
    const tenantId = await this.tenantOf(path.id);
    const body = operatorLimitsBody(tenantId, await this.read((unit) => unit.limits.findOne({ targetId: path.id })));
    return taggedAnswer(call, body, limitsRevision);
  }

  @Patch(':id')
  @Answers(200, operatorLimitsSchema)
  @TakesTag()
  async patch(@CurrentOperator() call: OperatorCall, @Param() path: LimitsPath, @Body() body: PatchOperatorLimitsDto) {
    const { id } = path;
    const tenantId = await this.tenantOf(id);
    let detail: unknown = null;
    let change = NO_CHANGE;
    const answer = await this.mutations.run(
      call,
      200,
      async (unit) => {
        const held = await unit.limits.hold(id);
        const standing = async () => operatorLimitsBody(tenantId, await unit.limits.findOne({ targetId: id }));
        const stale = await staleRefusal(call, standing, limitsRevision);
        if (stale !== null) throw problemOf(stale);
        const limits = changedLimits(held, body);
        if (!limits.ok) throw new ProblemException(limits.error.code, { errors: limits.error.errors ?? [] });
        await unit.limits.put(id, { limits: limits.value, actor: call.actor });
        detail = { target: tenantId === null ? PLATFORM : 'tenant', limits: limits.value };
        change = changedFields(Object(held), limits.value);
        this.mutations.audit(unit, call, { action: 'limits.update', targetId: id, detail, change });
        return standing();
      },
      limitsRevision,
    );
    if (detail !== null) {
      this.context.log.warn('the operator changed limits', { target: id, actor: call.actor });
      await this.tell(tenantId, { actor: call.actor, action: 'limits.update', targetId: tenantId, requestId: call.requestId, detail, change });
    }
    return answer;
  }

  /** The limits are committed first and alone: whatever keeps tenants from being told of them, they stand. */
  private async tell(tenantId: string | null, act: Parameters<typeof noteForTenant>[2]): Promise<void> {
    const open = await this.read((unit) => unit.tenants.open());
    const one = (tenant: TenantRow): Promise<void> =>
      noteForTenant(this.context, tenant.id, act).catch((error: unknown) =>
        this.context.log.error('a tenant was not told of limits', { tenantId: tenant.id, error }),
      );
    for (const tenant of open) if (tenantId === null || tenant.id === tenantId) await one(tenant);
  }

  private async tenantOf(id: string): Promise<string | null> {
    if (id === PLATFORM) return null;
    if (isId('tenant', id) && (await this.read((unit) => unit.tenants.findOne({ id }))) !== null) return id;
    throw new ProblemException('not_found');
  }

  private read<T>(work: (unit: PlatformUnit) => Promise<T>): Promise<T> {
    return this.context.storage.platform(work, { readOnly: true });
  }
}
