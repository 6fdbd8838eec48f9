import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Inside a scope its tenant's rows, outside of any scope all. Read once per statement. */
const OWN_OR_OPERATOR = `(select coalesce(current_setting('app.tenant_id', true), '')) in ('', tenant_id)`;
const OPERATOR = `(select coalesce(current_setting('app.tenant_id', true), '')) = ''`;

/**
 * A contract is its tenant's alone: a tenant's unit reads its own and nobody else's, and writes none. The operator's units have no scope and see all.
 * Contracts are agreed per tenant, so the policies name no environment.
 */
export class ContractGuard implements MigrationInterface {
  readonly name = 'ContractGuard0000000000032';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table tenant_contracts enable row level security');
    await runner.query('alter table tenant_contracts force row level security');
    for (const role of ['app', 'backoffice']) {
      await runner.query(
        `create policy tenant_contracts_${role}_reads on tenant_contracts for select to lockstep_${role} using (${OWN_OR_OPERATOR})`,
      );
    }
    await runner.query(`create policy tenant_contracts_app_agrees on tenant_contracts for insert to lockstep_app with check (${OPERATOR})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const policy of ['app_agrees', 'backoffice_reads', 'app_reads']) {
      await runner.query(`drop policy tenant_contracts_${policy} on tenant_contracts`);
    }
    await runner.query('alter table tenant_contracts no force row level security');
    await runner.query('alter table tenant_contracts disable row level security');
  }
}
