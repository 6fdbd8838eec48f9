import { livemode, suspensionWakeup, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { isId, parseRate, present, rate, type TenantId, unwrap } from '@lockstep/kernel';
import { type PlatformUnit, type TenantContractRow, type TenantRow } from '@lockstep/storage';
import { DEFAULT_TIER, scopeFromPlatformList } from '@lockstep/tenancy';
import { Body, Controller, Get, Inject, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { OperatorOnly } from '../auth/access';
import { type AuditChange, changedFields, madeWith } from '../http/audit-change';
import { wholeList } from '../http/cursors';
import { Answers, AnswersTag, TakesTag } from '../http/documented';
import { addressField, nameField } from '../http/fields';
import { ProblemException, problemOf } from '../http/problem-exception';
import { told, wakeStops } from '../http/publish';
import { staleRefusal, taggedAnswer } from '../http/tags';
import { tenantKeySchema } from '../routes/api-keys/api-key-body';
import { issueKey } from '../routes/api-keys/issue-key';
import { scopesField, scopesOf } from '../routes/api-keys/key-fields';
import { agreeContract, carryContract } from './contracts';
import { addDomain, hostField } from './domains.controller';
import { networkListSchema, type OperatorTenantBody, operatorTenantBody, operatorTenantListSchema, operatorTenantSchema } from './operator-body';
import { CurrentOperator, type OperatorCall } from './operator-call';
import { OperatorMutations } from './operator-mutations';
import { TenantPath } from './paths';
import { noteForTenant } from './tenant-audit';

const tierField = z.string().max(32).describe('The name of a tier: `GET /v1/operator/tiers` lists them.');
const shareField = z
  .string()
  .regex(/^(0(\.\d{1,12})?|1(\.0{1,12})?)$/, { error: 'a share from 0 to 1, as text' })
  .describe('The operator’s part of the execution markup, 0 to 1.');
const builderField = addressField.nullable().describe('The operator’s own builder address, which then receives the markup; null: the tenant’s.');
const timeZoneField = z.string().max(64).refine(isTimeZone, 'an IANA time zone, e.g. Europe/Berlin');

class CreateTenantDto extends createZodDto(
  z.strictObject({
    name: nameField,
    host: hostField.nullable().optional().describe('A first host, for both environments: see `POST /v1/operator/tenants/{id}/domains`.'),
    tier: tierField.default(DEFAULT_TIER),
    time_zone: timeZoneField.default('UTC'),
    operator_share: shareField.optional(),
    operator_builder_address: builderField.optional(),
  }),
) {}
class PatchTenantDto extends createZodDto(
  z.strictObject({
    tier: tierField.optional(),
    status: z
      .enum(['active', 'suspended'])
      .optional()
      .describe('A suspended tenant’s keys answer 403, its streams are closed, and its copies take no new risk; their exits go on.'),
    name: nameField.optional(),
    operator_share: shareField.optional(),
    operator_builder_address: builderField.optional(),
  }),
) {}
class CreateTenantKeyDto extends createZodDto(
  z.strictObject({ name: nameField, livemode: z.boolean().default(false), scopes: scopesField.default(['*']) }),
) {}

/** The deployment's own side: tenants, their contracts and first keys, networks. Served on the operator listener alone. */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator')
export class OperatorController {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(OperatorMutations) private readonly mutations: OperatorMutations,
  ) {}

  @Post('tenants')
  @Answers(201, operatorTenantSchema)
  async create(@CurrentOperator() call: OperatorCall, @Body() body: CreateTenantDto) {
    const made = await this.mutations.run(
      call,
      201,
      async (unit) => {
        const id = this.context.ids.next('tenant');
        await mustKnowTier(unit, body.tier);
        const row: TenantRow = {
          id,
          name: body.name,
          tier: body.tier,
          status: 'active',
          timeZone: body.time_zone,
          createdAt: unit.now,
          updatedAt: unit.now,
        };
        await unit.tenants.insert(row);
        if (body.host != null) await addDomain(unit, { host: body.host, tenantId: id, environment: null, actor: call.actor });
        unit.afterCommit(() => this.context.wakeups.publish(WAKEUP_CHANNELS.brands, '').catch(() => undefined));
        const made = operatorTenantBody(row, await agreed(unit, id, body, call.actor));
        const given = { ...termsOf(made), ...(body.host != null && { host: body.host }) };
        this.mutations.audit(unit, call, { action: 'tenant.create', targetId: id, change: madeWith(given) });
        return made;
      },
      termsOf,
    );
    if (namesContract(body) && isId('tenant', made.body.id)) await carryContract(this.context, made.body.id);
    return made;
  }

  @Get('tenants')
  @Answers(200, operatorTenantListSchema)
  async list() {
    const { rows, contracts } = await this.read(async (unit) => ({
      rows: await unit.tenants.find({}, { orderBy: { createdAt: 'ASC' }, limit: 10_000 }),
      contracts: await unit.contracts.allInForce(),
    }));
    return wholeList(rows.map((row) => operatorTenantBody(row, contracts.get(row.id) ?? null)));
  }

  @Get('tenants/:id')
  @Answers(200, operatorTenantSchema)
  @AnswersTag()
  async get(@CurrentOperator() call: OperatorCall, @Param() { id }: TenantPath) {
    const { row, contract } = await this.find(id);
    return taggedAnswer(call, operatorTenantBody(row, contract), termsOf);
  }

  @Patch('tenants/:id')
  @Answers(200, operatorTenantSchema)
  @TakesTag()
  async patch(@CurrentOperator() call: OperatorCall, @Param() { id }: TenantPath, @Body() body: PatchTenantDto) {
    const { row } = await this.find(id);
    const answer = await this.mutations.run(
      call,
      200,
      async (unit) => {
        // Read again under the lock, so that what a change at the same time wrote is kept and its event is not repeated.
        const standing = present(await unit.tenants.findOne({ id: row.id }, { lock: true }), 'a tenant that was found');
        const before = operatorTenantBody(standing, await unit.contracts.inForce(row.id));
        const stale = await staleRefusal(call, () => before, termsOf);
        if (stale !== null) throw problemOf(stale);
        const { tier = standing.tier, status = standing.status, name = standing.name } = body;
        if (standing.status === 'closed') throw new ProblemException('state_conflict', { detail: 'A closed tenant stays closed.' });
        if (body.tier !== undefined) await mustKnowTier(unit, body.tier);
        if (status === 'active' && standing.status === 'suspended') await mustStay(unit, row.id);
        const change = { tier, status, name, updatedAt: unit.now };
        await unit.tenants.update({ id: row.id }, change);
        if (standing.status !== status) wakeStops(this.context, unit, status === 'suspended' ? suspensionWakeup(row.id) : null);
        // Streams of a tenant that is suspended now are closed by whoever holds them.
        unit.afterCommit(() => this.context.wakeups.publish(WAKEUP_CHANNELS.keys, row.id).catch(() => undefined));
        const after = operatorTenantBody({ ...standing, ...change }, await agreed(unit, row.id, body, call.actor));
        const changed = changedFields(termsOf(before), termsOf(after));
        this.mutations.audit(unit, call, { action: 'tenant.update', targetId: row.id, detail: body, change: changed });
        unit.afterCommit(() => this.noteChange(standing, body, call, changed));
        return after;
      },
      termsOf,
    );
    if (namesContract(body)) await carryContract(this.context, row.id);
    return answer;
  }

  @Post('tenants/:id/api-keys')
  @Answers(201, tenantKeySchema)
  async createKey(@CurrentOperator() call: OperatorCall, @Param() { id }: TenantPath, @Body() body: CreateTenantKeyDto) {
    const { row: tenant } = await this.find(id);
    if (tenant.status === 'closed') throw new ProblemException('state_conflict', { detail: 'A closed tenant stays closed.' });
    const environment = body.livemode ? 'live' : 'test';
    const scopes = scopesOf(body.scopes);
    const order = {
      tenantId: tenant.id,
      environment,
      label: body.name,
      scopes,
      narrowedTo: [],
      allowedAddresses: [],
      signed: 'nothing',
      expiresAt: null,
    } as const;
    const issued = await this.context.storage.scoped(scopeFromPlatformList(tenant.id, environment), async (unit) => {
      const made = await issueKey(this.context, unit, order);
      const { actor, requestId } = call;
      const change = madeWith({ name: body.name, scopes });
      const line = { actor, action: 'api_key.create', targetId: made.id, requestId, detail: { name: body.name }, ...change, createdAt: unit.now };
      unit.audit.note({ id: this.context.ids.next('audit'), ...line });
      const detail = { tenant_id: tenant.id, livemode: livemode(environment) };
      this.mutations.audit({ audit: unit.platformAudit, now: unit.now }, call, { action: 'api_key.create', targetId: made.id, detail, change });
      return made;
    });
    return { id: issued.id, tenant_id: tenant.id, livemode: livemode(environment), name: body.name, scopes, key: issued.secret };
  }

  @Get('networks')
  @Answers(200, networkListSchema)
  async networks() {
    const rows = await this.read((unit) => unit.markets.networks.find({}, { limit: 1_000 }));
    return wholeList(rows.map(({ venue, network, environment, url }) => ({ venue, network, livemode: livemode(environment), url })));
  }

  /** Tells a tenant what the operator changed of it. */
  private async noteChange(before: TenantRow, body: PatchTenantDto, { actor, requestId }: OperatorCall, change: AuditChange): Promise<void> {
    const { status } = body;
    const tell = status === undefined || status === before.status ? undefined : told('tenant.changed', { tenant_id: before.id, status });
    await noteForTenant(this.context, before.id, { actor, action: 'tenant.update', targetId: before.id, requestId, detail: body, change }, tell);
  }

  private read<T>(work: (unit: PlatformUnit) => Promise<T>): Promise<T> {
    return this.context.storage.platform(work, { readOnly: true });
  }

  private async find(id: string): Promise<{ readonly row: TenantRow; readonly contract: TenantContractRow | null }> {
    if (!isId('tenant', id)) throw new ProblemException('not_found');
    const found = await this.read(async (unit) => ({ row: await unit.tenants.findOne({ id }), contract: await unit.contracts.inForce(id) }));
    if (found.row === null) throw new ProblemException('not_found');
    return { row: found.row, contract: found.contract };
  }
}

/** What the operator sets of a tenant. */
const termsOf = ({ name, tier, status, time_zone, operator_share, operator_builder_address }: OperatorTenantBody) => ({
  name,
  tier,
  status,
  time_zone,
  operator_share,
  operator_builder_address,
});

/** Refuses to make a tenant active again that is on its way out: what was begun is cancelled first. */
async function mustStay(unit: PlatformUnit, id: TenantId): Promise<void> {
  const offboarding = await unit.offboardings.of(id);
  if (offboarding === null || offboarding.step === 'cancelled') return;
  throw new ProblemException('state_conflict', { detail: `Its offboarding is underway (${offboarding.step}); cancel it first.` });
}

/** Refuses a tier that does not exist, and keeps one that does until the unit ends. */
async function mustKnowTier(unit: PlatformUnit, name: string): Promise<void> {
  if ((await unit.tenants.tier(name, true)) !== null) return;
  const errors = [{ pointer: '/tier', code: 'unknown_tier', detail: 'The name of a tier that exists.' }];
  throw new ProblemException('invalid_request', { errors });
}

/** The part of a body that is a contract. */
interface ContractBody {
  readonly operator_share?: string | undefined;
  readonly operator_builder_address?: string | null | undefined;
}

const namesContract = (body: ContractBody): boolean => body.operator_share !== undefined || body.operator_builder_address !== undefined;

/** The contract in force after a change: a new version when the body names one. */
async function agreed(unit: PlatformUnit, id: TenantId, body: ContractBody, actor: string): Promise<TenantContractRow | null> {
  const before = await unit.contracts.inForce(id);
  if (!namesContract(body)) return before;
  const operatorShare =
    body.operator_share === undefined ? rate(before?.operatorShare ?? 0n) : unwrap(parseRate(body.operator_share), 'the share was checked');
  const builderAddress = body.operator_builder_address === undefined ? (before?.builderAddress ?? null) : body.operator_builder_address;
  return agreeContract(unit, id, { operatorShare, builderAddress }, actor);
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
