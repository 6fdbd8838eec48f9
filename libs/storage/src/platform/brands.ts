import type { Environment, TenantId, TenantScope } from '@lockstep/kernel';
import type { BrandingRow, DomainRow } from '../rows/brands';
import * as tables from '../tables';
import { bytes, json, orNull, text } from '../unit/codec';
import { Rows } from '../unit/rows';
import type { Sql } from '../unit/sql';

/** A logo with its digest. */
export interface KeptLogo {
  readonly type: string;
  readonly bytes: Buffer;
  readonly sha256: Buffer;
}

/** What a branding is changed to. `logo` left out stays, null takes it away. */
export interface BrandingChange {
  readonly settings: unknown;
  readonly logo?: KeptLogo | null;
  readonly actor: string;
}

/** How brands look: a tenant's units change their own, the operator's anybody's. The scope is an argument because the operator's units have none. */
export class Brandings {
  constructor(private readonly unit: Sql) {}

  /** The branding of a scope; null: none was ever set. */
  async find({ tenantId, environment }: TenantScope): Promise<BrandingRow | null> {
    const [row] = await this.unit.query(`select ${tables.brandings.selectList()} from brandings where tenant_id = $1 and environment = $2`, [
      tenantId,
      environment,
    ]);
    return row === undefined ? null : tables.brandings.parse(row);
  }

  /** The branding of a scope, held against other writers until the unit ends. */
  async hold({ tenantId, environment }: TenantScope): Promise<BrandingRow> {
    // A row to hold, also where there was none: two first changes at the same time would else each lose the other's.
    await this.unit.execute(
      `insert into brandings (tenant_id, environment, settings, actor, updated_at) values ($1, $2, '{}', '', $3) on conflict (tenant_id, environment) do nothing`,
      [tenantId, environment, new Date(this.unit.now)],
    );
    const [row] = await this.unit.query(
      `select ${tables.brandings.selectList()} from brandings where tenant_id = $1 and environment = $2 for update`,
      [tenantId, environment],
    );
    return tables.brandings.parse(row ?? {});
  }

  /** Changes a branding that is held. */
  async put({ tenantId, environment }: TenantScope, { settings, logo, actor }: BrandingChange): Promise<void> {
    await this.unit.execute(`update brandings set settings = $3::json, actor = $4, updated_at = $5 where tenant_id = $1 and environment = $2`, [
      tenantId,
      environment,
      JSON.stringify(settings),
      actor,
      new Date(this.unit.now),
    ]);
    if (logo === undefined) return;
    await this.unit.execute('update brandings set logo = $3, logo_type = $4, logo_sha256 = $5 where tenant_id = $1 and environment = $2', [
      tenantId,
      environment,
      logo?.bytes ?? null,
      logo?.type ?? null,
      logo?.sha256 ?? null,
    ]);
  }

  /** What the operator calls a tenant: its brand's name until it sets another. */
  async tenantName(tenantId: TenantId): Promise<string> {
    const [row] = await this.unit.query('select name from tenants where id = $1', [tenantId]);
    return text('name').read(row?.name);
  }

  /** The logo of a scope; null: it has none. */
  async logo({ tenantId, environment }: TenantScope): Promise<KeptLogo | null> {
    const [row] = await this.unit.query(
      'select logo, logo_type, logo_sha256 from brandings where tenant_id = $1 and environment = $2 and logo is not null',
      [tenantId, environment],
    );
    if (row === undefined) return null;
    return { bytes: bytes('logo').read(row.logo), type: text('logo_type').read(row.logo_type), sha256: bytes('logo_sha256').read(row.logo_sha256) };
  }
}

/** Whose a host is, and how that brand looks there. */
export interface BrandHost {
  readonly host: string;
  readonly tenantId: TenantId;
  readonly tenantName: string;
  /** Null: the host is for both. */
  readonly environment: Environment | null;
  /** As the gateway's schema has them; null: none were ever set. */
  readonly settings: unknown;
  readonly logoType: string | null;
  readonly logoSha256: Buffer | null;
}

/** Host names of all tenants. */
export class Domains extends Rows<DomainRow> {
  constructor(private readonly unit: Sql) {
    super(unit, tables.domains);
  }

  /** A tenant's hosts, in order. */
  of(tenantId: TenantId): Promise<readonly DomainRow[]> {
    return this.find({ tenantId }, { orderBy: { host: 'ASC' } });
  }

  /** Adds a host; false when some tenant has it. */
  async add({ host, tenantId, environment, actor }: Omit<DomainRow, 'createdAt'>): Promise<boolean> {
    const rows = await this.unit.query(
      `insert into domains (host, tenant_id, environment, actor, created_at) values ($1, $2, $3, $4, $5) on conflict (host) do nothing returning host`,
      [host, tenantId, environment, actor, new Date(this.unit.now)],
    );
    return rows.length > 0;
  }

  /** Takes a tenant's host away, and returns it as it was; null when the tenant has none of this name. */
  async remove(tenantId: TenantId, host: string): Promise<DomainRow | null> {
    const [row] = await this.unit.query(`delete from domains where tenant_id = $1 and host = $2 returning ${tables.domains.selectList()}`, [
      tenantId,
      host,
    ]);
    return row === undefined ? null : tables.domains.parse(row);
  }

  /**
   * Those of these hosts that are a brand's, whichever tenant's. Outside of any scope only. A host for both environments looks as the live brand does;
   * hosts of closed tenants are nobody's.
   */
  async brandsOf(hosts: readonly string[]): Promise<readonly BrandHost[]> {
    const rows = await this.unit.query(
      `select d.host, d.tenant_id, d.environment, t.name, b.settings, b.logo_type, b.logo_sha256
       from domains d join tenants t on t.id = d.tenant_id and t.status <> 'closed'
       left join brandings b on b.tenant_id = d.tenant_id and b.environment = coalesce(d.environment, 'live')
       where d.host = any($1::text[])`,
      [[...hosts]],
    );
    return rows.map((row) => ({
      host: text('host').read(row.host),
      tenantId: text<TenantId>('tenant_id').read(row.tenant_id),
      tenantName: text('name').read(row.name),
      environment: orNull(text<Environment>('environment')).read(row.environment),
      settings: json('settings').read(row.settings),
      logoType: orNull(text('logo_type')).read(row.logo_type),
      logoSha256: orNull(bytes('logo_sha256')).read(row.logo_sha256),
    }));
  }
}
