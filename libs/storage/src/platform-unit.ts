import { nextWaveNumber } from './engine/wave-numbers';
import { Brandings, Domains } from './platform/brands';
import { Detection } from './platform/detection';
import { PlatformEngines } from './platform/engines';
import { Inbox } from './platform/inbox';
import { Offboardings } from './platform/offboardings';
import { PlatformAudit } from './platform/platform-audit';
import { PlatformJobs } from './platform/platform-jobs';
import { Contracts, KeyIndex, Markets, OperatorKeys, Tenants } from './platform/tenants';
import { PlatformLimits } from './roster/risk-limits';
import { Sql } from './unit/sql';

/** A transaction on platform tables. Tenant tables show it no rows, because no scope is set. */
export class PlatformUnit extends Sql {
  get tenants(): Tenants {
    return this.only(Tenants);
  }

  get offboardings(): Offboardings {
    return this.only(Offboardings);
  }

  get keyIndex(): KeyIndex {
    return this.only(KeyIndex);
  }

  get operatorKeys(): OperatorKeys {
    return this.only(OperatorKeys);
  }

  get markets(): Markets {
    return this.only(Markets);
  }

  get contracts(): Contracts {
    return this.only(Contracts);
  }

  get brandings(): Brandings {
    return this.only(Brandings);
  }

  get domains(): Domains {
    return this.only(Domains);
  }

  get inbox(): Inbox {
    return this.only(Inbox);
  }

  get detection(): Detection {
    return this.only(Detection);
  }

  get engines(): PlatformEngines {
    return this.only(PlatformEngines);
  }

  get jobs(): PlatformJobs {
    return this.only(PlatformJobs);
  }

  readonly waveNumbers = { next: (): Promise<number> => nextWaveNumber(this) };
  get limits(): PlatformLimits {
    return this.only(PlatformLimits);
  }

  get audit(): PlatformAudit {
    return this.only(PlatformAudit);
  }

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
