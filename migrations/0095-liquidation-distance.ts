import type { MigrationInterface, QueryRunner } from 'typeorm';

const HOLDERS = [
  ['copy_settings', 'settings'],
  ['risk_limits', 'limits'],
  ['platform_limits', 'limits'],
] as const;

/** The floor under liquidation distances needs no column: it stands in settings and limits. Going back takes it out of them. */
export class LiquidationDistance implements MigrationInterface {
  readonly name = 'LiquidationDistance0000000000095';

  async up(): Promise<void> {}

  async down(runner: QueryRunner): Promise<void> {
    // The older process trades nothing for settings it cannot read. No policy admits the owner: it sees the rows of all tenants while they are not forced on it.
    for (const [table, column] of HOLDERS) {
      const isForced = table !== 'platform_limits';
      if (isForced) await runner.query(`alter table ${table} no force row level security`);
      await runner.query(
        `update ${table} set ${column} = (${column}::jsonb #- '{caps,min_liquidation_distance}' #- '{state_limits,liquidation_distance}')::json`,
      );
      if (isForced) await runner.query(`alter table ${table} force row level security`);
    }
  }
}
