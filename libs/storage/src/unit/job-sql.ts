/** The statements of a job table. `scope` is the condition on (tenant, environment) with `$1`, `$2`, or `true` for platform jobs. */
export interface JobSql {
  readonly enqueue: string;
  readonly claim: string;
  readonly finish: string;
  readonly retry: string;
  readonly extend: string;
}

/** Renders the statements for `table`; `scoped` tables take tenant and environment as their first two parameters. */
export function jobSql(table: string, columns: string, scoped: boolean): JobSql {
  const scope = scoped ? 'tenant_id = $1 and environment = $2' : 'true';
  const into = scoped ? 'tenant_id, environment, ' : '';
  const values = scoped ? '$1, $2, ' : '';
  const p = (index: number): string => `$${index + (scoped ? 2 : 0)}`;
  const conflict = scoped ? 'tenant_id, environment, unique_key' : 'unique_key';
  return {
    enqueue: `insert into ${table} (${into}id, kind, unique_key, payload, status, run_at, attempts_max, created_at)
      values (${values}${p(1)}, ${p(2)}, ${p(3)}, ${p(4)}, 'queued', ${p(5)}, ${p(6)}, ${p(7)}) on conflict (${conflict}) do nothing`,
    // A running job whose lock ran out belonged to a runner that died: it is taken over.
    claim: `update ${table} set status = 'running', attempts = attempts + 1, locked_until = ${p(2)}
      where ${scope} and id in (
        select id from ${table}
        where ${scope} and run_at <= ${p(1)} and (status = 'queued' or (status = 'running' and locked_until < ${p(1)})) and kind = any(${p(3)})
        order by run_at, id limit ${p(4)} for update skip locked)
      returning ${columns}`,
    finish: `update ${table} set status = ${p(2)}, result = ${p(3)}, error = ${p(4)}, finished_at = ${p(5)}, locked_until = null
      where ${scope} and id = ${p(1)} and status = 'running' and attempts = ${p(6)}`,
    retry: `update ${table} set status = 'queued', run_at = ${p(2)}, error = ${p(3)}, locked_until = null
      where ${scope} and id = ${p(1)} and status = 'running' and attempts = ${p(4)}`,
    extend: `update ${table} set locked_until = ${p(2)} where ${scope} and id = ${p(1)} and status = 'running' and attempts = ${p(3)}`,
  };
}
