import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TEXT } from './tenant-table';

/** What kind of account trades and whose wallet approves for it, what its agent is called at the venue, and two more ways an agent may stand. */
export class AccountTypes implements MigrationInterface {
  readonly name = 'AccountTypes0000000000042';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table venue_accounts
      add column account_type ${TEXT} not null default 'main' check (account_type in ('main', 'sub_account', 'vault')),
      add column master_address ${TEXT} check (master_address = lower(master_address)),
      add column agent_name ${TEXT},
      add constraint venue_accounts_master check ((account_type = 'main') = (master_address is null)),
      drop constraint venue_accounts_agent_status_check,
      add constraint venue_accounts_agent_status_check
        check (agent_status in ('awaiting_signature', 'signed', 'approved', 'expiring', 'refused', 'expired', 'removed'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`update venue_accounts set agent_status = 'approved' where agent_status = 'expiring'`);
    await runner.query(`update venue_accounts set agent_status = 'expired' where agent_status = 'removed'`);
    await runner.query(`alter table venue_accounts
      drop constraint venue_accounts_agent_status_check,
      add constraint venue_accounts_agent_status_check
        check (agent_status in ('awaiting_signature', 'signed', 'approved', 'refused', 'expired')),
      drop constraint venue_accounts_master,
      drop column agent_name, drop column master_address, drop column account_type`);
  }
}
