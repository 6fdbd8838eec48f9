import type { DetectionStandingRow, LeaderSightRow } from '../rows/platform';
import * as tables from '../tables';
import { Rows } from '../unit/rows';
import type { Sql } from '../unit/sql';

/** How leaders are seen: written by the engine, shown by the gateway. */
export class Detection {
  private readonly rows: Rows<DetectionStandingRow>;

  constructor(private readonly unit: Sql) {
    this.rows = new Rows(unit, tables.detectionStandings);
  }

  /** The standings of all networks, one each. */
  standings(): Promise<readonly DetectionStandingRow[]> {
    return this.rows.find({}, { orderBy: { venue: 'ASC', network: 'ASC' } });
  }

  async putStanding(venue: string, network: string, standing: unknown): Promise<void> {
    await this.unit.execute(
      `insert into detection_standings (venue, network, standing, updated_at) values ($1, $2, $3, $4)
       on conflict (venue, network) do update set standing = excluded.standing, updated_at = excluded.updated_at`,
      [venue, network, JSON.stringify(standing), new Date(this.unit.now)],
    );
  }

  /** Replaces the sights of some watched accounts. */
  async putSights(sights: readonly LeaderSightRow[]): Promise<void> {
    if (sights.length === 0) return;
    await this.unit.execute(
      `insert into leader_sights (watched_no, source, seat, last_seen_at)
       select r.* from unnest($1::bigint[], $2::text[], $3::bool[], $4::timestamptz[]) as r(watched_no, source, seat, last_seen_at)
       on conflict (watched_no) do update set source = excluded.source, seat = excluded.seat, last_seen_at = excluded.last_seen_at`,
      [
        sights.map(({ watchedNo }) => watchedNo.toString()),
        sights.map(({ source }) => source),
        sights.map(({ seat }) => seat),
        sights.map(({ lastSeenAt }) => (lastSeenAt === null ? null : new Date(lastSeenAt))),
      ],
    );
  }

  /** Sights by watched account; an account the engine never watched is absent. */
  async sightsOf(watchedNos: readonly bigint[]): Promise<ReadonlyMap<bigint, LeaderSightRow>> {
    if (watchedNos.length === 0) return new Map();
    const rows = await this.unit.query(`select ${tables.leaderSights.selectList()} from leader_sights where watched_no = any($1::bigint[])`, [
      watchedNos.map(String),
    ]);
    return new Map(rows.map((row) => tables.leaderSights.parse(row)).map((row) => [row.watchedNo, row]));
  }
}
