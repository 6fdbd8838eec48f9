import { present } from '@lockstep/kernel';
import type { LeaderFillRow, MoveRow, MoveStatus, NewMove, WatchedAccountRow } from '../rows/platform';
import * as tables from '../tables';
import type { Sql } from '../unit/sql';

/** The venue's key of a leader fill inside its watched account. */
export type LeaderFillKey = Pick<LeaderFillRow, 'coin' | 'timeMs' | 'tid'>;

/** What a recording of moves gave: new ones with their wave numbers; a known venue key gives nothing. */
export interface RecordedMoves {
  readonly moves: readonly MoveRow[];
}

/** Watched accounts, their fills by venue key, and their moves in one gapless order per account. */
export class Inbox {
  constructor(private readonly unit: Sql) {}

  /** The watched account of an address, made when it is new. `address` in lower case. */
  async watch(venue: string, network: string, address: string): Promise<WatchedAccountRow> {
    await this.unit.execute(
      `insert into watched_accounts (venue, network, address, created_at) values ($1, $2, $3, $4) on conflict (venue, network, address) do nothing`,
      [venue, network, address, new Date(this.unit.now)],
    );
    const [row] = await this.unit.query(
      `select ${tables.watchedAccounts.selectList()} from watched_accounts where venue = $1 and network = $2 and address = $3`,
      [venue, network, address],
    );
    return tables.watchedAccounts.parse(present(row, 'the watched account just made'));
  }

  async watched(): Promise<readonly WatchedAccountRow[]> {
    const rows = await this.unit.query(`select ${tables.watchedAccounts.selectList()} from watched_accounts order by no`);
    return rows.map((row) => tables.watchedAccounts.parse(row));
  }

  /** Begins the history of a watched account: fills after `historyFromMs` are moves from now on, whatever process sees them. A begun one stays as it is. */
  async begin(watchedNo: bigint, historyFromMs: number): Promise<void> {
    await this.unit.execute('update watched_accounts set history_from_ms = $2 where no = $1 and history_from_ms is null', [
      watchedNo.toString(),
      Math.floor(historyFromMs),
    ]);
  }

  /**
   * Writes fills of one watched account and returns the keys that are new: the rest was told before. What a public trade told before gets its order's part
   * from the fill itself.
   */
  async insertFills(watchedNo: bigint, given: readonly Omit<LeaderFillRow, 'watchedNo'>[]): Promise<readonly LeaderFillKey[]> {
    if (given.length === 0) return [];
    const fills = onceEach(given);
    const encoded = fills.map((fill) => tables.leaderFills.encode(fill));
    const fields = tables.leaderFills.fields.filter((field) => field !== 'watchedNo');
    const names = fields.map((field) => tables.leaderFills.columns[field].column).join(', ');
    const arrays = fields.map((field, index) => `$${index + 2}::${String(tables.leaderFills.columns[field].type)}[]`).join(', ');
    const rows = await this.unit.query(
      `insert into leader_fills (watched_no, ${names}) select $1, r.* from unnest(${arrays}) as r(${names})
       on conflict (watched_no, coin, time_ms, tid) do update set oid = excluded.oid, closed_pnl = excluded.closed_pnl, fee = excluded.fee,
         fee_asset = excluded.fee_asset, builder_fee = excluded.builder_fee, crossed = excluded.crossed, liquidation = excluded.liquidation,
         cloid = excluded.cloid, twap_id = excluded.twap_id, provisional = false
         where leader_fills.provisional and not excluded.provisional
       returning coin, time_ms, tid, (xmax = 0) as fresh`,
      [watchedNo.toString(), ...fields.map((field) => encoded.map((fill) => fill[field] ?? null))],
    );
    const { coin, timeMs, tid } = tables.leaderFills.columns;
    const fresh = rows.filter((row) => row.fresh === true);
    return fresh.map((row) => ({
      coin: coin.read(row.coin),
      timeMs: timeMs.read(row.time_ms),
      tid: tid.read(row.tid),
    }));
  }

  /**
   * Numbers and writes new moves of one watched account in the given order. The account's row lock makes the numbers gapless and ordered as the commits.
   * A move whose venue key is known is skipped without using a number.
   */
  async recordMoves(watchedNo: bigint, moves: readonly NewMove[]): Promise<RecordedMoves> {
    const no = watchedNo.toString();
    const [head] = await this.unit.query('select top_move_seq from watched_accounts where no = $1 for update', [no]);
    let seq = BigInt(String(present(head, 'the watched account').top_move_seq));
    const written: MoveRow[] = [];
    for (const move of moves) {
      const row = await this.insertMove({ ...move, watchedNo, seq: seq + 1n });
      if (row === null) continue;
      seq += 1n;
      written.push(row);
    }
    if (written.length > 0) await this.unit.execute('update watched_accounts set top_move_seq = $2 where no = $1', [no, seq.toString()]);
    return { moves: written };
  }

  /** Moves after a number, oldest first: how an engine fills a gap. At most `limit`. */
  async movesAfter(watchedNo: bigint, afterSeq: bigint, limit: number): Promise<readonly MoveRow[]> {
    const rows = await this.unit.query(`select ${tables.moves.selectList()} from moves where watched_no = $1 and seq > $2 order by seq limit $3`, [
      watchedNo.toString(),
      afterSeq.toString(),
      limit,
    ]);
    return rows.map((row) => tables.moves.parse(row));
  }

  /** The newest moves of a watched account from a moment on, oldest first. At most `limit`. */
  async movesSince(watchedNo: bigint, sinceMs: number, limit: number): Promise<readonly MoveRow[]> {
    const rows = await this.unit.query(
      `select ${tables.moves.selectList()} from moves where watched_no = $1 and first_fill_ms >= $2 order by seq desc limit $3`,
      [watchedNo.toString(), Math.floor(sinceMs), limit],
    );
    return rows.map((row) => tables.moves.parse(row)).reverse();
  }

  /** A watched account by its number. */
  async watchedAccount(no: bigint): Promise<WatchedAccountRow | null> {
    const [row] = await this.unit.query(`select ${tables.watchedAccounts.selectList()} from watched_accounts where no = $1`, [no.toString()]);
    return row === undefined ? null : tables.watchedAccounts.parse(row);
  }

  /** Moves that are not done, superseded or given up, oldest first: what a restart has to look at. */
  async openMoves(limit: number): Promise<readonly MoveRow[]> {
    const rows = await this.unit.query(
      `select ${tables.moves.selectList()} from moves where status in ('recorded', 'planned') order by id limit $1`,
      [limit],
    );
    return rows.map((row) => tables.moves.parse(row));
  }

  async setMoveStatus(ids: readonly bigint[], status: MoveStatus): Promise<void> {
    await this.unit.execute('update moves set status = $2 where id = any($1::bigint[])', [ids.map(String), status]);
  }

  /** Ends moves that are never planned, with the reason in their detail. */
  async giveUpMoves(ids: readonly bigint[], reason: string): Promise<void> {
    await this.unit.execute(
      `update moves set status = 'given_up', detail = (coalesce(detail::jsonb, '{}') || jsonb_build_object('givenUp', $2::text))::json
       where id = any($1::bigint[])`,
      [ids.map(String), reason],
    );
  }

  /** The newest move of each instrument of a watched account. */
  async latestMoves(watchedNo: bigint): Promise<readonly MoveRow[]> {
    const rows = await this.unit.query(
      `select distinct on (coin) ${tables.moves.selectList()} from moves where watched_no = $1 order by coin, seq desc`,
      [watchedNo.toString()],
    );
    return rows.map((row) => tables.moves.parse(row));
  }

  async move(id: bigint): Promise<MoveRow | null> {
    const [row] = await this.unit.query(`select ${tables.moves.selectList()} from moves where id = $1`, [id.toString()]);
    return row === undefined ? null : tables.moves.parse(row);
  }

  /** Orders of a watched account with a fill that increased its position, newest first; what public trades told names none. */
  async increasingOrders(watchedNo: bigint, limit: number): Promise<readonly Pick<LeaderFillRow, 'coin' | 'oid' | 'twapId'>[]> {
    const rows = await this.unit.query(
      `select coin, oid, twap_id from (
         select coin, oid, twap_id, time_ms, start_position, start_position + case side when 'buy' then size else -size end as end_position
         from leader_fills where watched_no = $1 and not provisional order by time_ms desc limit $2
       ) as fill
       where end_position <> 0 and (sign(end_position) * sign(start_position) < 0 or abs(end_position) > abs(start_position))
       group by coin, oid, twap_id order by max(time_ms) desc`,
      [watchedNo.toString(), limit],
    );
    const { coin, oid, twapId } = tables.leaderFills.columns;
    return rows.map((row) => ({ coin: coin.read(row.coin), oid: oid.read(row.oid), twapId: twapId.read(row.twap_id) }));
  }

  private async insertMove(move: NewMove & { readonly watchedNo: bigint; readonly seq: bigint }): Promise<MoveRow | null> {
    const { columns } = tables.moves;
    const [row] = await this.unit.query(
      `insert into moves (watched_no, seq, coin, venue_key, position_before, position_after, vwap, first_fill_ms, last_fill_ms,
         leader_equity, received_at, status, detail, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'recorded', $12, $13)
       on conflict (watched_no, coin, venue_key) do nothing returning ${tables.moves.selectList()}`,
      [
        move.watchedNo.toString(),
        move.seq.toString(),
        move.coin,
        move.venueKey,
        columns.positionBefore.write(move.positionBefore),
        columns.positionAfter.write(move.positionAfter),
        columns.vwap.write(move.vwap),
        move.firstFillMs,
        move.lastFillMs,
        columns.leaderEquity.write(move.leaderEquity),
        move.receivedAt,
        JSON.stringify(move.detail ?? null),
        new Date(this.unit.now),
      ],
    );
    return row === undefined ? null : tables.moves.parse(row);
  }
}

/** One row per key; the fill itself where a public trade stands beside it. */
function onceEach<Fill extends LeaderFillKey & Pick<LeaderFillRow, 'provisional'>>(fills: readonly Fill[]): readonly Fill[] {
  const byKey = new Map<string, Fill>();
  for (const fill of fills) {
    const key = `${fill.coin} ${fill.timeMs} ${fill.tid}`;
    if (byKey.get(key)?.provisional !== false) byKey.set(key, fill);
  }
  return [...byKey.values()];
}
