import type { FollowerId } from '@lockstep/kernel';
import type { FollowerErasureRow, FollowerKeyRow, FollowerRefRow, TenantKeyRow } from '../rows/personal';
import type { ScopedRow } from '../rows/scoped';
import * as tables from '../tables';
import { bytes, text } from '../unit/codec';
import { ScopedRows } from '../unit/rows';
import type { ScopedSql } from '../unit/sql';

/** The key of the scope. */
export class TenantKeys extends ScopedRows<TenantKeyRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.tenantKeys);
  }

  /** The sealed key; null where nothing personal was ever kept. */
  async sealed(): Promise<Buffer | null> {
    return (await this.findOne({}))?.sealedKey ?? null;
  }

  /** Keeps this key unless the scope has one, and returns the one it has: of two that come at once, the second waits and gets the first one's. */
  async keep(sealedKey: Buffer): Promise<Buffer> {
    await this.unit.execute(
      'insert into tenant_keys (tenant_id, environment, sealed_key, created_at) values ($1, $2, $3, $4) on conflict (tenant_id, environment) do nothing',
      [...this.unit.scopeParameters, sealedKey, new Date(this.unit.now)],
    );
    return (await this.sealed()) ?? sealedKey;
  }

  /** Puts the same key, sealed anew, in the place of its former seal; false when that one no longer stands there. */
  async replace(old: Buffer, sealedKey: Buffer): Promise<boolean> {
    return (await this.update({ sealedKey: old }, { sealedKey })) === 1;
  }
}

/** Rows of which a follower has one at most. */
class OfFollowers<Row extends ScopedRow & { readonly followerId: FollowerId }> extends ScopedRows<Row> {
  /** Those of these followers; one that has none is absent. */
  async of(ids: readonly FollowerId[]): Promise<ReadonlyMap<FollowerId, Row>> {
    if (ids.length === 0) return new Map();
    const { name } = this.table;
    const rows = await this.unit.query(
      `select ${this.table.selectList()} from ${name} where tenant_id = $1 and environment = $2 and follower_id = any($3::text[])`,
      [...this.unit.scopeParameters, [...new Set(ids)]],
    );
    return new Map(rows.map((row) => this.table.parse(row)).map((row) => [row.followerId, row]));
  }
}

export class FollowerKeys extends OfFollowers<FollowerKeyRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.followerKeys);
  }
}

export class FollowerRefs extends OfFollowers<FollowerRefRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.followerRefs);
  }

  /** Followers by digests (lower-case hexadecimal); one that nobody has is absent. */
  async byDigest(digests: readonly Buffer[]): Promise<ReadonlyMap<string, FollowerId>> {
    if (digests.length === 0) return new Map();
    const rows = await this.unit.query(
      'select follower_id, digest from follower_refs where tenant_id = $1 and environment = $2 and digest = any($3::bytea[])',
      [...this.unit.scopeParameters, digests.map((digest) => digest)],
    );
    return new Map(rows.map((row) => [bytes('digest').read(row.digest).toString('hex'), text<FollowerId>('follower_id').read(row.follower_id)]));
  }
}

export class FollowerErasures extends OfFollowers<FollowerErasureRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.followerErasures);
  }
}
