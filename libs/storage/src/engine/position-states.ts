import type { ScopedSql } from '../unit/sql';
import type { SqlRow } from '../unit/table';

/** Everything the engine keeps of one copy in one instrument. Sizes, prices and money 10^-8, ρ 10^-12, micro is 10^-6 lot. */
export interface PositionState {
  readonly copyNo: number;
  readonly coin: string;
  readonly position: bigint;
  /** The target in base units, for people; `targetMicro` is what planning goes on from. */
  readonly target: bigint;
  readonly targetMicro: bigint;
  readonly rho: bigint;
  readonly avgEntry: bigint;
  readonly entryValue: bigint;
  readonly realisedPnl: bigint;
  readonly fees: bigint;
  readonly funding: bigint;
  readonly forfeited: bigint;
  readonly forfeitedMicro: bigint;
  readonly forfeitReason: string | null;
  readonly episodeNo: bigint;
  readonly episodeBits: number;
  readonly userClosed: boolean;
  readonly dust: boolean;
  readonly owedPrice: bigint;
  readonly owedUntilMs: number;
  readonly lastWave: number;
  readonly attempt: number;
  /** Leader orders copied in the running episode. */
  readonly adds: number;
  /** Micro-lots mirrors filled ahead of the leader's own orders. */
  readonly aheadBuy: bigint;
  readonly aheadSell: bigint;
}

const COLUMNS: readonly (readonly [column: string, type: string, of: (state: PositionState) => unknown])[] = [
  ['copy_no', 'bigint', (state) => state.copyNo],
  ['coin', 'text', (state) => state.coin],
  ['position', 'bigint', (state) => state.position.toString()],
  ['target', 'bigint', (state) => state.target.toString()],
  ['target_micro', 'bigint', (state) => state.targetMicro.toString()],
  ['rho', 'bigint', (state) => state.rho.toString()],
  ['avg_entry', 'bigint', (state) => state.avgEntry.toString()],
  ['entry_value', 'bigint', (state) => state.entryValue.toString()],
  ['realised_pnl', 'bigint', (state) => state.realisedPnl.toString()],
  ['fees', 'bigint', (state) => state.fees.toString()],
  ['funding', 'bigint', (state) => state.funding.toString()],
  ['forfeited', 'bigint', (state) => state.forfeited.toString()],
  ['forfeited_micro', 'bigint', (state) => state.forfeitedMicro.toString()],
  ['forfeit_reason', 'text', (state) => state.forfeitReason],
  ['episode_no', 'bigint', (state) => state.episodeNo.toString()],
  ['episode_bits', 'smallint', (state) => state.episodeBits],
  ['user_closed', 'boolean', (state) => state.userClosed],
  ['dust', 'boolean', (state) => state.dust],
  ['owed_price', 'bigint', (state) => state.owedPrice.toString()],
  ['owed_until_ms', 'bigint', (state) => Math.round(state.owedUntilMs)],
  ['last_move_id', 'bigint', (state) => state.lastWave],
  ['attempt', 'integer', (state) => state.attempt],
  ['adds', 'integer', (state) => state.adds],
  ['ahead_buy', 'bigint', (state) => state.aheadBuy.toString()],
  ['ahead_sell', 'bigint', (state) => state.aheadSell.toString()],
];

const NAMES = COLUMNS.map(([column]) => column).join(', ');
const ARRAYS = COLUMNS.map(([, type], index) => `$${index + 4}::${type}[]`).join(', ');
const UPDATES = COLUMNS.filter(([column]) => column !== 'copy_no' && column !== 'coin')
  .map(([column]) => `${column} = excluded.${column}`)
  .join(', ');

const SAVE = `insert into copy_positions (tenant_id, environment, updated_at, ${NAMES})
  select $1, $2, $3, state.* from unnest(${ARRAYS}) as state (${NAMES})
  on conflict (tenant_id, environment, copy_no, coin) do update set ${UPDATES}, updated_at = excluded.updated_at`;

/** Writes the states of many copies in one statement; a copy and coin may stand in it once. */
export async function savePositionStates(unit: ScopedSql, states: readonly PositionState[]): Promise<void> {
  if (states.length === 0) return;
  await unit.query(SAVE, [...unit.scopeParameters, new Date(unit.now), ...COLUMNS.map(([, , of]) => states.map(of))]);
}

const LOAD = `select ${NAMES.split(', ')
  .map((column) => `p.${column}`)
  .join(', ')} from copy_positions p
  join copies c on c.tenant_id = p.tenant_id and c.environment = p.environment and c.no = p.copy_no
  where p.tenant_id = $1 and p.environment = $2 and c.state <> 'stopped'`;

/** States of all copies that are not stopped, in the scope. */
export async function loadPositionStates(unit: ScopedSql): Promise<readonly PositionState[]> {
  const rows = await unit.query(LOAD, unit.scopeParameters);
  return rows.map(parseState);
}

function parseState(row: SqlRow): PositionState {
  const big = (column: string): bigint => BigInt(String(row[column]));
  const text = (column: string): string | null => (row[column] === null ? null : String(row[column]));
  return {
    copyNo: Number(row.copy_no),
    coin: String(row.coin),
    position: big('position'),
    target: big('target'),
    targetMicro: big('target_micro'),
    rho: big('rho'),
    avgEntry: big('avg_entry'),
    entryValue: big('entry_value'),
    realisedPnl: big('realised_pnl'),
    fees: big('fees'),
    funding: big('funding'),
    forfeited: big('forfeited'),
    forfeitedMicro: big('forfeited_micro'),
    forfeitReason: text('forfeit_reason'),
    episodeNo: big('episode_no'),
    episodeBits: Number(row.episode_bits),
    userClosed: row.user_closed === true,
    dust: row.dust === true,
    owedPrice: big('owed_price'),
    owedUntilMs: Number(row.owed_until_ms),
    lastWave: Number(row.last_move_id),
    attempt: Number(row.attempt),
    adds: Number(row.adds),
    aheadBuy: big('ahead_buy'),
    aheadSell: big('ahead_sell'),
  };
}
