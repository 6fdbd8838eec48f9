import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import type { TenantScope } from '@lockstep/kernel';
import { isId } from '@lockstep/kernel';
import type { PlatformUnit } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { Body, Controller, Get, Inject, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { OperatorOnly } from '../auth/access';
import { changedFields } from '../http/audit-change';
import { Answers, AnswersTag, TakesTag } from '../http/documented';
import { ProblemException, problemOf } from '../http/problem-exception';
import { staleRefusal, taggedAnswer } from '../http/tags';
import { type BrandingBody, brandingBody, brandingDraft, brandingRevision, brandingSchema } from '../routes/branding/branding-body';
import { changedBranding, putBranding } from '../routes/branding/change-branding';
import { CurrentOperator, type OperatorCall } from './operator-call';
import { OperatorMutations } from './operator-mutations';
import { tenantIdField } from './paths';
import { noteInScope } from './tenant-audit';

class BrandingPath extends createZodDto(
  z.object({
    id: tenantIdField,
    environment: z.enum(['test', 'live']).describe('Whose hosts show it; hosts for both show `live`.'),
  }),
) {}
class PatchTenantBrandingDto extends createZodDto(brandingDraft) {}

/** How a tenant's brand looks, set by the operator in its place. */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator/tenants/:id/branding')
export class OperatorBrandingController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(OperatorMutations) private readonly mutations: OperatorMutations,
  ) {}

  @Get(':environment')
  @Answers(200, brandingSchema)
  @AnswersTag()
  async get(@CurrentOperator() call: OperatorCall, @Param() path: BrandingPath) {
    const scope = scopeIn(path);
    const body = await this.context.storage.platform((unit) => bodyOf(unit, scope), { readOnly: true });
    return taggedAnswer(call, body, brandingRevision);
  }

  @Patch(':environment')
  @Answers(200, brandingSchema)
  @TakesTag()
  async patch(@CurrentOperator() call: OperatorCall, @Param() path: BrandingPath, @Body() body: PatchTenantBrandingDto) {
    const scope = scopeIn(path);
    return this.mutations.run(
      call,
      200,
      async (unit) => {
        await bodyOf(unit, scope);
        const held = await unit.brandings.hold(scope);
        const before = await bodyOf(unit, scope);
        const stale = await staleRefusal(call, () => before, brandingRevision);
        if (stale !== null) throw problemOf(stale);
        const changed = changedBranding(held.settings, body);
        if (!changed.ok) throw problemOf(changed.error);
        await putBranding(unit, scope, changed.value, call.actor);
        const after = await bodyOf(unit, scope);
        const change = changedFields(Object(brandingRevision(before)), Object(brandingRevision(after)));
        const detail = { livemode: scope.environment === 'live' };
        this.mutations.audit(unit, call, { action: 'branding.update', targetId: scope.tenantId, detail, change });
        unit.afterCommit(() => this.context.wakeups.publish(WAKEUP_CHANNELS.brands, '').catch(() => undefined));
        const { actor, requestId } = call;
        const act = { actor, action: 'branding.update', targetId: scope.tenantId, requestId, detail: {}, change };
        unit.afterCommit(() => noteInScope(this.context, scope, act));
        return after;
      },
      brandingRevision,
    );
  }
}

function scopeIn({ id, environment }: BrandingPath): TenantScope {
  if (!isId('tenant', id)) throw new ProblemException('not_found');
  return scopeFromPlatformList(id, environment);
}

async function bodyOf(unit: PlatformUnit, scope: TenantScope): Promise<BrandingBody> {
  const tenant = await unit.tenants.findOne({ id: scope.tenantId });
  if (tenant === null) throw new ProblemException('not_found');
  const [row, domains] = [await unit.brandings.find(scope), await unit.domains.of(tenant.id)];
  return brandingBody({ environment: scope.environment, tenantName: tenant.name, row, domains });
}
