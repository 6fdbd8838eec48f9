import type { FollowerId } from '@lockstep/kernel';
import { eraseFollower } from '@lockstep/storage';
import { Client } from 'pg';
import type { GatewayRig, RigTenant } from './rig';

/** Erases a follower as the back office does. */
export const eraseAsBackoffice = (rig: GatewayRig, tenant: RigTenant, follower: string): Promise<boolean> =>
  rig.backoffice.scoped(tenant.scope, (unit) => eraseFollower(unit, follower as FollowerId));

/** Every row of every table of the database as text, partitions and all tenants included, by table. Bytes stand in it as hexadecimal. */
export async function everythingStored(ownerUrl: string): Promise<ReadonlyMap<string, string>> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    const { rows: found } = await owner.query<{ name: string; bypasses: boolean }>(
      `select c.oid::regclass::text as name, (select rolbypassrls or rolsuper from pg_roles where rolname = current_user) as bypasses
       from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1`,
    );
    if (found.some(({ bypasses }) => !bypasses)) throw new Error('the dump needs a role that sees every row');
    const tables = new Map<string, string>();
    for (const { name } of found) {
      const { rows } = await owner.query<{ line: string }>(`select t::text as line from ${name} t`);
      tables.set(name, rows.map(({ line }) => line).join('\n'));
    }
    return tables;
  } finally {
    await owner.end();
  }
}

/** The tables in which a text stands, in any case: as text, as bytes in hexadecimal, or as base64. */
export function tablesWith(stored: ReadonlyMap<string, string>, marker: string): readonly string[] {
  const bytes = Buffer.from(marker, 'utf8');
  const forms = [marker, JSON.stringify(marker).slice(1, -1), bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '').slice(0, -1)];
  if (/^0x[0-9a-f]+$/i.test(marker)) forms.push(marker.slice(2));
  return [...stored].filter(([, text]) => forms.some((form) => text.toLowerCase().includes(form.toLowerCase()))).map(([name]) => name);
}
