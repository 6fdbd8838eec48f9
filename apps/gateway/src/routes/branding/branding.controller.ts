import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import { err, ok } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';
import { Body, Controller, Get, Inject, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { Needs } from '../../auth/access';
import { changedFields } from '../../http/audit-change';
import { type Call, CurrentCall } from '../../http/call';
import { Answers, AnswersTag, TakesTag } from '../../http/documented';
import { Mutations } from '../../http/mutations';
import { Reads } from '../../http/reads';
import { staleRefusal } from '../../http/tags';
import { type BrandingBody, brandingBody, brandingDraft, brandingRevision, brandingSchema } from './branding-body';
import { changedBranding, putBranding } from './change-branding';

class PatchBrandingDto extends createZodDto(brandingDraft) {}

/** How the tenant's brand looks at its own hosts, in the key's environment: names, colours and links select nothing that anybody may reach. */
@ApiTags('tenant')
@Controller('v1/tenant/branding')
export class BrandingController {
  constructor(
    @Inject(Mutations) private readonly mutations: Mutations,
    @Inject(Reads) private readonly reads: Reads,
  ) {}

  @Get()
  @Answers(200, brandingSchema)
  @AnswersTag()
  @Needs('tenant:read')
  get(@CurrentCall() call: Call) {
    return this.reads.tagged(call, brandingRevision, bodyOf);
  }

  @Patch()
  @Answers(200, brandingSchema)
  @TakesTag()
  @Needs('tenant:write')
  patch(@CurrentCall() call: Call, @Body() body: PatchBrandingDto) {
    return this.mutations.run(
      call,
      200,
      async (unit) => {
        const held = await unit.brandings.hold(call.scope);
        const before = await bodyOf(unit);
        const stale = await staleRefusal(call, () => before, brandingRevision);
        if (stale !== null) return err(stale);
        const changed = changedBranding(held.settings, body);
        if (!changed.ok) return changed;
        await putBranding(unit, call.scope, changed.value, call.key.keyId);
        const after = await bodyOf(unit);
        const change = changedFields(Object(brandingRevision(before)), Object(brandingRevision(after)));
        await this.mutations.audit(unit, call, 'branding.update', call.scope.tenantId, {}, change);
        this.mutations.wake(unit, WAKEUP_CHANNELS.brands);
        return ok(after);
      },
      brandingRevision,
    );
  }
}

async function bodyOf(unit: ScopedUnit): Promise<BrandingBody> {
  const { tenantId, environment } = unit.scope;
  const [row, domains, tenantName] = [
    await unit.brandings.find(unit.scope),
    await unit.domains.of(tenantId),
    await unit.brandings.tenantName(tenantId),
  ];
  return brandingBody({ environment, tenantName, row, domains });
}
