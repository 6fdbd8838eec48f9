import { livemode, wireTime } from '@lockstep/delivery';
import { isId, type TenantId } from '@lockstep/kernel';
import type { TenantRow } from '@lockstep/storage';
import { DEFAULT_TIER, scopeFromPlatformList, TIERS } from '@lockstep/tenancy';
import { Body, Controller, Get, HttpCode, Inject, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { OperatorOnly } from '../auth/access';
import { nameField } from '../http/fields';
import { ProblemException } from '../http/problem-exception';
import { scopesField, scopesOf } from '../routes/api-keys/api-keys.controller';
import { issueKey } from '../routes/api-keys/issue-key';

const TIER_NAMES = TIERS.map((tier) => tier.name);
const tierField = z.enum(TIER_NAMES as [string, ...string[]]);

class CreateTenantDto extends createZodDto(
  z.strictObject({
    name: nameField,
    slug: z
      .string()
      .regex(/^[a-z0-9-]{2,40}$/)
      .optional(),
    host: z
      .string()
      .regex(/^[a-z0-9.-]{3,253}$/)
      .nullable()
      .optional(),
    tier: tierField.default(DEFAULT_TIER),
    time_zone: z.string().max(64).default('UTC'),
  }),
) {}
class PatchTenantDto extends createZodDto(
  z.strictObject({ tier: tierField.optional(), status: z.enum(['active', 'suspended']).optional(), name: nameField.optional() }),
) {}
class CreateTenantKeyDto extends createZodDto(
  z.strictObject({ name: nameField, livemode: z.boolean().default(false), scopes: scopesField.default(['*']) }),
) {}

/** The deployment's own side: tenants, their first keys, tiers, networks. Served on the operator listener alone. */
@ApiTags('operator')
@OperatorOnly()
@Controller('v1/operator')
export class OperatorController {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  @Post('tenants')
  @HttpCode(201)
  async create(@Body() body: CreateTenantDto) {
    const id = this.context.ids.next('tenant');
    await this.context.storage.platform(async (unit) => {
      await this.ensureTiers(unit);
      const branding = body.slug === undefined ? {} : { slug: body.slug };
      const row: TenantRow = {
        id,
        name: body.name,
        host: body.host ?? null,
        branding,
        tier: body.tier,
        status: 'active',
        timeZone: body.time_zone,
        createdAt: unit.now,
        updatedAt: unit.now,
      };
      await unit.tenants.insert(row);
    });
    return this.get(id);
  }

  @Get('tenants')
  async list() {
    const rows = await this.context.storage.platform((unit) => unit.tenants.find({}, { orderBy: { createdAt: 'ASC' }, limit: 10_000 }), {
      readOnly: true,
    });
    return { data: rows.map(tenantBody), next_cursor: null, has_more: false };
  }

  @Get('tenants/:id')
  async get(@Param('id') id: string) {
    return tenantBody(await this.find(id));
  }

  @Patch('tenants/:id')
  async patch(@Param('id') id: string, @Body() body: PatchTenantDto) {
    const tenant = await this.find(id);
    await this.context.storage.platform((unit) =>
      unit.tenants.update(
        { id: tenant.id },
        {
          ...(body.tier === undefined ? {} : { tier: body.tier }),
          ...(body.status === undefined ? {} : { status: body.status }),
          ...(body.name === undefined ? {} : { name: body.name }),
          updatedAt: unit.now,
        },
      ),
    );
    return this.get(id);
  }

  @Post('tenants/:id/api-keys')
  @HttpCode(201)
  async createKey(@Param('id') id: string, @Body() body: CreateTenantKeyDto) {
    const tenant = await this.find(id);
    const environment = body.livemode ? 'live' : 'test';
    const scopes = scopesOf(body.scopes);
    const order = { tenantId: tenant.id, environment, label: body.name, scopes, expiresAt: null } as const;
    const issued = await this.context.storage.scoped(scopeFromPlatformList(tenant.id, environment), (unit) => issueKey(this.context, unit, order));
    return { id: issued.id, tenant_id: tenant.id, livemode: livemode(environment), name: body.name, scopes, key: issued.secret };
  }

  @Get('tiers')
  tiers() {
    return { data: TIERS.map(({ name, requests, quotas }) => ({ name, requests, quotas })), next_cursor: null, has_more: false };
  }

  @Get('networks')
  async networks() {
    const rows = await this.context.storage.platform((unit) => unit.markets.networks.find({}, { limit: 1_000 }), { readOnly: true });
    return {
      data: rows.map(({ venue, network, environment, url }) => ({ venue, network, livemode: livemode(environment), url })),
      next_cursor: null,
      has_more: false,
    };
  }

  private async ensureTiers(unit: { readonly tenants: { putTier(name: string, limits: unknown): Promise<void> } }): Promise<void> {
    for (const { name, requests, quotas } of TIERS) await unit.tenants.putTier(name, { requests, quotas });
  }

  private async find(id: string): Promise<TenantRow> {
    if (!isId('tenant', id)) throw new ProblemException('not_found');
    const row = await this.context.storage.platform((unit) => unit.tenants.findOne({ id: id as TenantId }), { readOnly: true });
    if (row === null) throw new ProblemException('not_found');
    return row;
  }
}

const tenantBody = (row: TenantRow) => ({
  id: row.id,
  name: row.name,
  host: row.host,
  tier: row.tier,
  status: row.status,
  time_zone: row.timeZone,
  created_at: wireTime(row.createdAt),
});
