import type { Columns } from './writer';

/** The columns of each file, in order. Adding one at the end is a new schema version; renaming or moving one never happens. */
export const FILE_COLUMNS = {
  settlement: {
    account: 'text',
    copy_id: 'text',
    asset: 'text',
    opening: 'decimal',
    debits: 'decimal',
    credits: 'decimal',
    net: 'decimal',
    closing: 'decimal',
    entry_count: 'integer',
  },
  fills: {
    fill_id: 'text',
    time: 'time',
    copy_id: 'text',
    order_id: 'text',
    coin: 'text',
    side: 'text',
    price: 'decimal',
    size: 'decimal',
    notional: 'decimal',
    closed_pnl: 'decimal',
    fee: 'decimal',
    builder_fee: 'decimal',
    fee_asset: 'text',
    liquidity: 'text',
    liquidation: 'text',
  },
  fees: {
    sequence: 'integer',
    time: 'time',
    source: 'text',
    kind: 'text',
    account: 'text',
    copy_id: 'text',
    coin: 'text',
    notional: 'decimal',
    asset: 'text',
    amount: 'decimal',
  },
} as const satisfies Record<string, Columns>;

export type FileKind = keyof typeof FILE_COLUMNS;

/** `settlement_2026-01-01_2026-01-02.csv`: plain ASCII without path characters, whatever the tenant is called. */
export const fileName = (kind: FileKind, start: string, end: string): string => `${kind}_${stamp(start)}_${stamp(end)}.csv`;

/** `archive_orders.csv`: one table of all that a tenant has. */
export const archiveFileName = (table: string): string => `archive_${table}.csv`;

/** A whole day as its date, any other moment with its time. */
const stamp = (time: string): string => (time.endsWith('T00:00:00.000Z') ? time.slice(0, 10) : time.replace(/[:.]/g, ''));
