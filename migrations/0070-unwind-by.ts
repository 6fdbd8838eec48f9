import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A copy may be stopped by a deadline: what it holds is closed in slices until then. Kept with the copy, so that a restart goes on with it. */
export class UnwindBy implements MigrationInterface {
  readonly name = 'UnwindBy0000000000070';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table copies add column unwind_by timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table copies no force row level security');
    // The older process would go on trading the exits of what is being handed over, which takes moments: it has to end first.
    const [standing] = (await runner.query(`select count(*)::integer as many from copies where state = 'handing_over'`)) as readonly {
      many: number;
    }[];
    if ((standing?.many ?? 0) > 0) throw new Error(`${standing?.many} copies are being handed over: let them end before going back`);
    // It does not know slices: what is unwound follows its leader's exits there.
    await runner.query(`update copies set state = 'winding_down' where state = 'unwinding'`);
    await runner.query('alter table copies force row level security');
    await runner.query('alter table copies drop column unwind_by');
  }
}
