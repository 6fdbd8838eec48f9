import type { PlatformJobRow } from '../rows/tenancy';
import * as tables from '../tables';
import { JobQueue } from '../unit/job-queue';
import { jobSql } from '../unit/job-sql';
import type { Sql } from '../unit/sql';

const STATEMENTS = jobSql('platform_jobs', tables.platformJobs.selectList(), false);

/** Chores of the platform: partitions, retention. */
export class PlatformJobs extends JobQueue<PlatformJobRow> {
  constructor(unit: Sql) {
    super(unit, STATEMENTS, [], (row) => tables.platformJobs.parse(row));
  }
}
