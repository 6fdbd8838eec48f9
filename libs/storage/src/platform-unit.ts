import { nextWaveNumber } from './engine/wave-numbers';
import { Brandings, Domains } from './platform/brands';
import { Detection } from './platform/detection';
import { PlatformEngines } from './platform/engines';
import { Inbox } from './platform/inbox';
import { PlatformAudit } from './platform/platform-audit';
import { PlatformJobs } from './platform/platform-jobs';
import { Contracts, KeyIndex, Markets, OperatorKeys, Tenants } from './platform/tenants';
import { PlatformLimits } from './roster/risk-limits';
import { Sql } from './unit/sql';

/** A transaction on platform tables. Tenant tables show it no rows, because no scope is set. */
export class PlatformUnit extends Sql {
  readonly tenants = new Tenants(this);
  readonly keyIndex = new KeyIndex(this);
  readonly operatorKeys = new OperatorKeys(this);
  readonly markets = new Markets(this);
  readonly contracts = new Contracts(this);
  readonly brandings = new Brandings(this);
  readonly domains = new Domains(this);
  readonly inbox = new Inbox(this);
  readonly detection = new Detection(this);
  readonly engines = new PlatformEngines(this);
  readonly jobs = new PlatformJobs(this);
  readonly waveNumbers = { next: (): Promise<number> => nextWaveNumber(this) };
  readonly limits = new PlatformLimits(this);
  readonly audit = new PlatformAudit(this);

  /** Makes the monthly partitions of orders, fills and events from this month to `monthsAhead` (0 to 24) and returns how many are new. Back office only. */
  async makePartitions(monthsAhead: number): Promise<number> {
    const [row] = await this.query('select make_partitions($1, $2) as made', [new Date(this.now), monthsAhead]);
    return Number(row?.made);
  }

  /** Rows that no month took (counted up to 10,000 a table). Above zero: partitions were not made in time. */
  async rowsInDefaultPartitions(): Promise<number> {
    const [row] = await this.query('select rows_in_default_partitions() as stray');
    return Number(row?.stray);
  }
}
