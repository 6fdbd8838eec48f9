import { idText, timeText, WAKEUP_CHANNELS, wireTime } from '@lockstep/delivery';
import { isId, type TenantId } from '@lockstep/kernel';
import type { DomainRow, PlatformUnit } from '@lockstep/storage';
import { Body, Controller, Delete, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { OperatorOnly } from '../auth/access';
import { domainOf } from '../brand/asked-host';
import { madeWith } from '../http/audit-change';
import { wholeList } from '../http/cursors';
import { Answers, listOf, named } from '../http/documented';
import { ProblemException } from '../http/problem-exception';
import { domainLivemodeField, livemodeOf } from '../routes/branding/branding-body';
import { CurrentOperator, type OperatorCall } from './operator-call';
import { OperatorMutations } from './operator-mutations';
import { DomainPath, TenantPath } from './paths';
import { noteForTenant } from './tenant-audit';

/** Most hosts of one tenant. */
export const DOMAINS_MAX = 20;

/** A host name of a request, in the form it is kept in. */
export const hostField = z
  .string()
  .max(253)
  .transform((text, context) => {
    const host = domainOf(text);
    if (host !== null) return host;
    context.addIssue({ code: 'custom', message: 'a host name of two labels or more, without scheme, port and path' });
    return z.NEVER;
  })
  .meta({ examples: ['api.brand.example'] })
  .describe('Without scheme, port and path. International names are kept in their `xn--` form.');

const domainSchema = named(
  'Domain',
  z
    .object({ host: z.string(), tenant_id: idText('ten'), livemode: domainLivemodeField, created_by: z.string(), created_at: timeText })
    .describe('A host that shows a tenant’s branding and documentation, and takes its keys alone.'),
);
const domainListSchema = listOf('DomainList', domainSchema);

class AddDomainDto extends createZodDto(
  z.strictObject({ host: hostField, livemode: z.boolean().optional().describe('The environment whose keys may be used there. Left out: both.') }),
) {}

/**
 * Which hosts are whose. The operator vouches for them: a host gives nobody anything but its looks, and reaches the gateway only where the operator has its
 * name and its certificate lead here.
 */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator/tenants/:id/domains')
export class OperatorDomainsController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(OperatorMutations) private readonly mutations: OperatorMutations,
  ) {}

  @Get()
  @Answers(200, domainListSchema)
  async list(@Param() { id }: TenantPath) {
    const rows = await this.context.storage.platform(async (unit) => unit.domains.of(await known(unit, id)), { readOnly: true });
    return wholeList(rows.map(domainBody));
  }

  @Post()
  @Answers(201, domainSchema)
  async add(@CurrentOperator() call: OperatorCall, @Param() { id }: TenantPath, @Body() body: AddDomainDto) {
    return this.mutations.run(call, 201, async (unit) => {
      const tenantId = await known(unit, id, true);
      const { host } = body;
      const environment = body.livemode === undefined ? null : body.livemode ? 'live' : 'test';
      if ((await unit.domains.count({ tenantId })) >= DOMAINS_MAX)
        throw new ProblemException('business_rule', { detail: `A tenant has ${DOMAINS_MAX} hosts at most.` });
      await addDomain(unit, { host, tenantId, environment, actor: call.actor });
      const made = domainBody({ host, tenantId, environment, actor: call.actor, createdAt: unit.now });
      this.mutations.audit(unit, call, { action: 'domain.add', targetId: tenantId, change: madeWith(fieldsOf(made)) });
      this.tell(unit, call, 'domain.add', made);
      return made;
    });
  }

  @Delete(':host')
  @Answers(200, domainSchema)
  async remove(@CurrentOperator() call: OperatorCall, @Param() { id, host }: DomainPath) {
    return this.mutations.run(call, 200, async (unit) => {
      const tenantId = await known(unit, id, true);
      const row = await unit.domains.remove(tenantId, domainOf(host) ?? '');
      if (row === null) throw new ProblemException('not_found');
      const gone = domainBody(row);
      this.mutations.audit(unit, call, { action: 'domain.remove', targetId: tenantId, change: { before: fieldsOf(gone), after: null } });
      this.tell(unit, call, 'domain.remove', gone);
      return gone;
    });
  }

  /** Has gateways look again and the tenant know, once it is committed. */
  private tell(unit: PlatformUnit, { actor, requestId }: OperatorCall, action: string, domain: DomainBody): void {
    const { tenant_id: targetId } = domain;
    unit.afterCommit(() => this.context.wakeups.publish(WAKEUP_CHANNELS.brands, '').catch(() => undefined));
    if (!isId('tenant', targetId)) return;
    unit.afterCommit(() => noteForTenant(this.context, targetId, { actor, action, targetId, requestId, detail: fieldsOf(domain) }));
  }
}

type DomainBody = z.output<typeof domainSchema>;

const fieldsOf = ({ host, livemode }: DomainBody) => ({ host, livemode });

const domainBody = (row: DomainRow): DomainBody => ({
  host: row.host,
  tenant_id: row.tenantId,
  livemode: livemodeOf(row),
  created_by: row.actor,
  created_at: wireTime(row.createdAt),
});

/** Makes a host a tenant's; one that is taken is refused, and not told by whom. */
export async function addDomain(unit: Pick<PlatformUnit, 'domains'>, domain: Omit<DomainRow, 'createdAt'>): Promise<void> {
  if (!(await unit.domains.add(domain))) throw new ProblemException('already_exists', { detail: 'This host is taken.' });
}

async function known(unit: PlatformUnit, id: string, lock = false): Promise<TenantId> {
  const row = isId('tenant', id) ? await unit.tenants.findOne({ id }, { lock }) : null;
  if (row === null) throw new ProblemException('not_found');
  return row.id;
}
