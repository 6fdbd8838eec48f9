import type { EpochMs } from '@lockstep/kernel';
import type {
  EgressStandingRow,
  InstrumentRow,
  KeyIndexRow,
  KeyLookup,
  OperatorKeyRow,
  TenantContractRow,
  TenantRow,
  TierRow,
  VenueNetworkRow,
} from '../rows/platform';
import * as tables from '../tables';
import { orNull, text, time } from '../unit/codec';
import { Rows } from '../unit/rows';
import type { Sql } from '../unit/sql';

/** Tenants and their tiers. */
export class Tenants extends Rows<TenantRow> {
  private readonly tiers: Rows<TierRow>;

  constructor(private readonly unit: Sql) {
    super(unit, tables.tenants);
    this.tiers = new Rows(unit, tables.tiers);
  }

  /** The platform's list, from which engine and back office build their scopes. Closed tenants are not on it. */
  async open(): Promise<readonly TenantRow[]> {
    const rows = await this.unit.query(`select ${tables.tenants.selectList()} from tenants where status <> 'closed' order by id`);
    return rows.map((row) => tables.tenants.parse(row));
  }

  /** Adds the tier or replaces its limits. */
  async putTier(name: string, limits: unknown): Promise<void> {
    await this.unit.execute(
      'insert into tiers (name, limits, created_at) values ($1, $2, $3) on conflict (name) do update set limits = excluded.limits',
      [name, JSON.stringify(limits), new Date(this.unit.now)],
    );
  }

  /** Adds a tier; false when its name is taken. */
  async addTier(name: string, limits: unknown): Promise<boolean> {
    const [row] = await this.unit.query(
      'insert into tiers (name, limits, created_at) values ($1, $2, $3) on conflict (name) do nothing returning name',
      [name, JSON.stringify(limits), new Date(this.unit.now)],
    );
    return row !== undefined;
  }

  /** One tier, locked for a change where wanted. */
  tier(name: string, lock = false): Promise<TierRow | null> {
    return this.tiers.findOne({ name }, lock ? { lock: true } : {});
  }

  listTiers(): Promise<readonly TierRow[]> {
    return this.tiers.find({}, { orderBy: { name: 'ASC' } });
  }

  /** How many tenants have each tier, closed ones included; tiers nobody has are not in it. */
  async tierUse(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.unit.query('select tier, count(*) as many from tenants group by tier');
    return new Map(rows.map((row) => [text('tier').read(row.tier), Number(row.many)]));
  }

  /** Removes a tier that no tenant has. The table's own reference refuses one that somebody was given in the same moment. */
  async removeTier(name: string): Promise<void> {
    await this.unit.execute('delete from tiers where name = $1', [name]);
  }
}

/** What the operator agreed with each tenant. Read beside a tenant's fee schedule, written by the operator alone. */
export class Contracts extends Rows<TenantContractRow> {
  constructor(private readonly unit: Sql) {
    super(unit, tables.tenantContracts);
  }

  /** The contract in force; null when nothing was agreed: the operator takes no share. */
  inForce(tenantId: TenantContractRow['tenantId']): Promise<TenantContractRow | null> {
    return this.findOne({ tenantId }, { orderBy: { version: 'DESC' } });
  }

  /** Every tenant's contract in force, by tenant. */
  async allInForce(): Promise<ReadonlyMap<string, TenantContractRow>> {
    const rows = await this.unit.query(
      `select distinct on (tenant_id) ${tables.tenantContracts.selectList()} from tenant_contracts order by tenant_id, version desc`,
    );
    return new Map(rows.map((row) => tables.tenantContracts.parse(row)).map((row) => [row.tenantId, row]));
  }
}

const LOOKUP = `select ${tables.keyIndex.selectList('k')},
    case when t.status = 'suspended' and o.step in ('closing', 'exporting', 'waiting') then 'offboarding' else t.status end as tenant_status,
    t.tier as tenant_tier, r.limits::text as tier_limits, case when k.environment = 'test' then t.test_faults_until end as faults_until
  from key_index k join tenants t on t.id = k.tenant_id left join tiers r on r.name = t.tier
  left join tenant_offboardings o on o.tenant_id = t.id where k.kid = any($1::text[])`;

/** kid → scope, read before any scope is known. */
export class KeyIndex extends Rows<KeyIndexRow> {
  constructor(private readonly unit: Sql) {
    super(unit, tables.keyIndex);
  }

  /** Keys with their tenants' standing and the limits of their tiers as they are now; kids that nobody has are absent. */
  async lookupAll(kids: readonly string[]): Promise<readonly KeyLookup[]> {
    const rows = await this.unit.query(LOOKUP, [[...kids]]);
    return rows.map((row) => ({
      tenantStatus: text<KeyLookup['tenantStatus']>('tenant_status').read(row.tenant_status),
      tier: text('tenant_tier').read(row.tenant_tier),
      tierLimits: orNull(text('tier_limits')).read(row.tier_limits),
      faultsUntil: orNull(time('faults_until')).read(row.faults_until),
      ...tables.keyIndex.parse(row),
    }));
  }

  /** How many good keys have a signing secret, by the id of the sealing key it was sealed for. */
  async signingSeals(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.unit.query(
      `select encode(substring(signing_secret from 2 for 8), 'hex') as key_id, count(*) as many from key_index
       where signing_secret is not null and status = 'active' group by 1`,
    );
    return new Map(rows.map((row) => [text('key_id').read(row.key_id), Number(row.many)]));
  }

  /** Puts a key's digest, and what it signs with, in the place of what was read; false where either changed since. */
  async renew(
    { kid, digest, signingSecret }: Pick<KeyIndexRow, 'kid' | 'digest' | 'signingSecret'>,
    fresh: Pick<KeyIndexRow, 'digest' | 'pepper' | 'signingSecret'>,
  ): Promise<boolean> {
    const renewed = await this.unit.execute(
      `update key_index set digest = $4, pepper = $5, signing_secret = $6
       where kid = $1 and digest = $2 and signing_secret is not distinct from $3::bytea and status = 'active'`,
      [kid, digest, signingSecret, fresh.digest, fresh.pepper, fresh.signingSecret],
    );
    return renewed === 1;
  }

  /** How many good keys were digested under each pepper, by its id; under null those of before peppers had ids. */
  peppers(): Promise<ReadonlyMap<string | null, number>> {
    return peppersIn(this.unit, 'key_index');
  }

  /** Revokes the key with this kid and one of these digests, and returns it, revoked before or now; null when there is none. One statement, whether or not it finds one. */
  async revokeProved(kid: string, digests: readonly Buffer[]): Promise<KeyIndexRow | null> {
    const [row] = await this.unit.query(
      `update key_index set status = 'revoked' where kid = $1 and digest = any($2::bytea[]) returning ${tables.keyIndex.selectList()}`,
      [kid, [...digests]],
    );
    return row === undefined ? null : tables.keyIndex.parse(row);
  }
}

/** The operator's own keys. */
export class OperatorKeys extends Rows<OperatorKeyRow> {
  constructor(private readonly unit: Sql) {
    super(unit, tables.operatorKeys);
  }

  /** Puts a key's digest in the place of the one that was read; false where that changed since. */
  async renew({ kid, digest }: Pick<OperatorKeyRow, 'kid' | 'digest'>, fresh: Pick<OperatorKeyRow, 'digest' | 'pepper'>): Promise<boolean> {
    return (await this.update({ kid, digest, status: 'active' }, fresh)) === 1;
  }

  /** As tenants' keys. */
  peppers(): Promise<ReadonlyMap<string | null, number>> {
    return peppersIn(this.unit, 'operator_keys');
  }

  /** Revokes the key with this kid and one of these digests; whether there is one, revoked before or now. */
  async revokeProved(kid: string, digests: readonly Buffer[]): Promise<boolean> {
    const rows = await this.unit.query(
      `update operator_keys set status = 'revoked', revoked_at = coalesce(revoked_at, $3), revoked_by = coalesce(revoked_by, 'leak_report')
       where kid = $1 and digest = any($2::bytea[]) returning kid`,
      [kid, [...digests], new Date(this.unit.now)],
    );
    return rows.length > 0;
  }
}

async function peppersIn(unit: Sql, table: 'key_index' | 'operator_keys'): Promise<ReadonlyMap<string | null, number>> {
  const rows = await unit.query(
    `select pepper, count(*) as many from ${table} where status = 'active' and (expires_at is null or expires_at > $1) group by pepper order by pepper`,
    [new Date(unit.now)],
  );
  return new Map(rows.map((row) => [orNull(text('pepper')).read(row.pepper), Number(row.many)]));
}

/** Venue networks and what can be traded on them. */
export class Markets {
  readonly networks: Rows<VenueNetworkRow>;
  private readonly rows: Rows<InstrumentRow>;
  private readonly standings: Rows<EgressStandingRow>;

  constructor(private readonly unit: Sql) {
    this.standings = new Rows(unit, tables.egressStandings);
    this.networks = new Rows(unit, tables.venueNetworks);
    this.rows = new Rows(unit, tables.instruments);
  }

  /** Networks of tenants' own worlds, open and closed ones, with their clocks. */
  async owned(): Promise<readonly VenueNetworkRow[]> {
    const rows = await this.unit.query(
      `select ${tables.venueNetworks.selectList()} from venue_networks where owner_tenant_id is not null order by venue, network`,
    );
    return rows.map((row) => tables.venueNetworks.parse(row));
  }

  /** Adds the network, or replaces the address and environment of one that nobody owns. */
  async putNetwork(network: Pick<VenueNetworkRow, 'venue' | 'network' | 'environment' | 'url'>): Promise<void> {
    await this.unit.execute(
      `insert into venue_networks (venue, network, environment, url, created_at) values ($1, $2, $3, $4, $5)
       on conflict (venue, network) do update set environment = excluded.environment, url = excluded.url
         where venue_networks.owner_tenant_id is null`,
      [network.venue, network.network, network.environment, network.url, new Date(this.unit.now)],
    );
  }

  /** What an engine last told of the network's egress addresses; null where no limits are kept to. */
  egress(venue: string, network: string): Promise<EgressStandingRow | null> {
    return this.standings.findOne({ venue, network });
  }

  /** Replaces what is told of the network's egress addresses. */
  async putEgress(venue: string, network: string, standing: unknown): Promise<void> {
    await this.unit.execute(
      `insert into egress_standings (venue, network, standing, told_at) values ($1, $2, $3, $4)
       on conflict (venue, network) do update set standing = excluded.standing, told_at = excluded.told_at`,
      [venue, network, JSON.stringify(standing), new Date(this.unit.now)],
    );
  }

  /** The network keeps to no limits any more. */
  async dropEgress(venue: string, network: string): Promise<void> {
    await this.unit.execute('delete from egress_standings where venue = $1 and network = $2', [venue, network]);
  }

  instruments(venue: string, network: string): Promise<readonly InstrumentRow[]> {
    return this.rows.find({ venue, network }, { orderBy: { coin: 'ASC' } });
  }

  /** Replaces what is known of the listed instruments; instruments not listed stay. */
  async putInstruments(rows: readonly Omit<InstrumentRow, 'updatedAt'>[]): Promise<void> {
    await this.unit.execute(
      `insert into instruments (venue, network, coin, dex, asset_id, sz_decimals, max_leverage, only_isolated, delisted, collateral, updated_at)
       select r.*, $11 from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::smallint[], $7::int[], $8::bool[], $9::bool[], $10::text[]) r
       on conflict (venue, network, coin) do update set dex = excluded.dex, asset_id = excluded.asset_id, sz_decimals = excluded.sz_decimals,
         max_leverage = excluded.max_leverage, only_isolated = excluded.only_isolated, delisted = excluded.delisted, collateral = excluded.collateral,
         updated_at = excluded.updated_at`,
      [
        rows.map((row) => row.venue),
        rows.map((row) => row.network),
        rows.map((row) => row.coin),
        rows.map((row) => row.dex),
        rows.map((row) => row.assetId),
        rows.map((row) => row.szDecimals),
        rows.map((row) => row.maxLeverage),
        rows.map((row) => row.onlyIsolated),
        rows.map((row) => row.delisted),
        rows.map((row) => row.collateral),
        new Date(this.unit.now),
      ],
    );
  }

  /** Last change of any instrument of a network; null when none is known. */
  async updatedAt(venue: string, network: string): Promise<EpochMs | null> {
    const [row] = await this.unit.query('select max(updated_at) as at from instruments where venue = $1 and network = $2', [venue, network]);
    return row?.at instanceof Date ? row.at.getTime() : null;
  }
}
