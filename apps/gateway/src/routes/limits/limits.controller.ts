import { err, isId, ok } from '@lockstep/kernel';
import { passedLimits, type ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CountsAs, Needs } from '../../auth/access';
import { changedFields } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Answers, AnswersTag, TakesTag } from '../../http/documented';
import { Mutations } from '../../http/mutations';
import { NOT_FOUND } from '../../http/problem-exception';
import { Reads } from '../../http/reads';
import { type RevisionOf, staleRefusal } from '../../http/tags';
import { changedLimits, limitsDraft, type RiskLimitsBody, riskLimitsBody, riskLimitsSchema } from './limits-body';

class LimitsPath extends createZodDto(
  z.object({
    id: z
      .string()
      .regex(/^(ten|ldr|flw)_[0-9a-hjkmnp-tv-z]{26}$/, { error: 'the id of a leader or a follower, or the tenant’s own' })
      .describe('Whose copies are bound: a leader’s, a follower’s, or with the tenant’s own id all of them in this environment.'),
  }),
) {}
class PatchLimitsDto extends createZodDto(limitsDraft) {}

/** Limits above the copies: each copy has the strictest of all layers and of its own settings, at once. What it holds beyond them is kept and only reduced. */
@ApiTags('limits')
@Controller('v1/limits')
export class LimitsController {
  constructor(
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
  ) {}

  @Get(':id')
  @Answers(200, riskLimitsSchema)
  @AnswersTag()
  @Needs('limits:read')
  get(@CurrentCall() call: Call, @Param() path: LimitsPath) {
    return this.reads.tagged(call, limitsRevision, async (unit) => {
      const target = await targetIn(unit, path.id);
      return target === null ? null : bodyOf(unit, target);
    });
  }

  @Patch(':id')
  @Answers(200, riskLimitsSchema)
  @TakesTag()
  @Needs('limits:write')
  @CountsAs('orders')
  patch(@CurrentCall() call: Call, @Param() path: LimitsPath, @Body() body: PatchLimitsDto) {
    return this.mutations.run(
      call,
      200,
      async (unit) => {
        const { id } = path;
        const target = await targetIn(unit, id);
        if (target === null) return err(NOT_FOUND);
        const held = await unit.riskLimits.hold(id);
        const stale = await staleRefusal(call, () => bodyOf(unit, target), limitsRevision);
        if (stale !== null) return err(stale);
        const limits = changedLimits(held, body);
        if (!limits.ok) return limits;
        await unit.riskLimits.put(id, { limits: limits.value, actor: call.key.keyId });
        await this.mutations.audit(
          unit,
          call,
          'limits.update',
          id,
          { target: target.kind, limits: limits.value },
          changedFields(Object(held), limits.value),
        );
        await this.mutations.command(unit, { kind: 'limits.changed', targetId: id, payload: {}, actor: call.key.keyId });
        return ok(await bodyOf(unit, target));
      },
      limitsRevision,
    );
  }
}

/** What callers change: everything but what the engine tells of limits that were passed. */
const limitsRevision: RevisionOf<RiskLimitsBody> = ({ passed: _told, ...limits }) => limits;

type Target = Parameters<typeof riskLimitsBody>[1];

const bodyOf = async (unit: ScopedUnit, target: Target): Promise<RiskLimitsBody> =>
  riskLimitsBody(unit.scope.environment, target, await unit.riskLimits.findOne({ targetId: target.id }), await passedLimits(unit));

/** The target of an id in this scope; null when the scope has none. */
async function targetIn(unit: ScopedUnit, id: string): Promise<Target | null> {
  if (isId('tenant', id)) return id === unit.scope.tenantId ? { kind: 'tenant', id } : null;
  if (isId('leader', id)) return (await unit.leaders.findOne({ id })) === null ? null : { kind: 'leader', id };
  if (isId('follower', id)) return (await unit.followers.findOne({ id })) === null ? null : { kind: 'follower', id };
  return null;
}
