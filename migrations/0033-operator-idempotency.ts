import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, grant, TEXT, TIME } from './tenant-table';

/**
 * Answers to the operator's changes, kept under its own keys. A platform table: the operator acts outside of any scope, and what it is answered is its own
 * view of the platform. Answers with a secret are never kept.
 */
export class OperatorIdempotency implements MigrationInterface {
  readonly name = 'OperatorIdempotency0000000000033';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table operator_idempotency_keys (
      key ${TEXT} primary key,
      fingerprint bytea not null,
      request_id ${TEXT} not null,
      status smallint not null,
      headers json not null,
      body text not null,
      created_at ${TIME} not null,
      expires_at ${TIME} not null
    )`);
    await runner.query('create index operator_idempotency_keys_expiry on operator_idempotency_keys (expires_at)');
    await grant(runner, 'operator_idempotency_keys', { app: 'SIU', backoffice: 'SD' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['operator_idempotency_keys']);
  }
}
