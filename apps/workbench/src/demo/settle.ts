import { createHash } from 'node:crypto';
import { manifestSchema, readCsv } from '@lockstep/delivery';
import { formatMoney, money, parseMoney, unwrap } from '@lockstep/kernel';
import { z } from 'zod';
import type { DemoBrand } from './brand';
import type { Violation } from './judge';
import type { CopyBooks, SettlementRow } from './judge-money';

const settlement = z.object({ id: z.string(), status: z.string() });
const POLL_MS = 250;
const WAIT_MAX_MS = 600_000;

/** A brand's settlement of the demo: where its file lies and what stands in it. */
export interface DemoSettlement {
  readonly id: string;
  /** End of its period, where the next one begins. */
  readonly to: string;
  readonly csv: string;
  readonly manifest: unknown;
  readonly rows: number;
}

/** Closes the period from `from` to the end of this second and downloads file and manifest. */
export async function settle(brand: DemoBrand, from: string): Promise<DemoSettlement> {
  const end = (Math.floor(Date.now() / 1000) + 1) * 1000;
  await new Promise((resolve) => setTimeout(resolve, end - Date.now() + 1));
  const to = new Date(end).toISOString();
  const { id } = settlement.parse(await brand.api.must('POST', '/v1/settlements', { from, to }));
  const deadline = Date.now() + WAIT_MAX_MS;
  while (settlement.parse(await brand.api.must('GET', `/v1/settlements/${id}`)).status !== 'closed') {
    if (Date.now() > deadline) throw new Error(`the settlement of ${brand.name} was not closed within ${WAIT_MAX_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const csv = z.string().parse(await brand.api.must('GET', `/v1/settlements/${id}/file`));
  const manifest = await brand.api.must('GET', `/v1/settlements/${id}/manifest`);
  return { id, to, csv, manifest, rows: Math.max(0, csv.split('\r\n').filter((line) => line !== '').length - 1) };
}

/** The files of settlements that follow each other as one. */
export function fileOf(settlements: readonly Pick<DemoSettlement, 'csv'>[]): string {
  const [first = '', ...others] = settlements.map(({ csv }) => csv);
  return [first, ...others.map((csv) => csv.slice(csv.indexOf('\r\n') + 2))].join('');
}

/** The file is the manifest's file, and the accounts of each asset sum to zero. */
export function auditSettlement(brand: Pick<DemoBrand, 'name'>, closed: DemoSettlement): Violation[] {
  const violations: Violation[] = [];
  const manifest = manifestSchema.parse(closed.manifest);
  const sha256 = createHash('sha256').update(closed.csv).digest('hex');
  if (manifest.sha256 !== sha256) violations.push({ rule: 'the manifest names the file’s SHA-256', detail: `${brand.name}: ${sha256}` });
  if (manifest.row_count !== closed.rows) violations.push({ rule: 'the manifest counts the rows', detail: `${brand.name}: ${closed.rows} rows` });
  for (const [asset, sum] of sumsByAsset(closed.csv)) {
    if (sum !== 0n) violations.push({ rule: 'the ledger sums to zero', detail: `${brand.name}: ${formatMoney(money(sum))} ${asset}` });
  }
  return violations;
}

/** What all movements of a settlement file come to, asset by asset: two assets must not hide each other's error. */
function sumsByAsset(csv: string): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const row of unwrap(readCsv(csv), 'a settlement file')) {
    const asset = row.asset ?? '';
    sums.set(asset, (sums.get(asset) ?? 0n) + unwrap(parseMoney(row.net ?? ''), 'an amount of the settlement file'));
  }
  return sums;
}

/** The rows of a settlement file as far as assets go, and what it says of each copy. */
export function booksOf(csv: string): { readonly rows: readonly SettlementRow[]; readonly byCopy: ReadonlyMap<string, CopyBooks> } {
  const rows: SettlementRow[] = [];
  const byCopy = new Map<string, Map<string, Map<string, bigint>>>();
  for (const { account = '', copy_id: copyId = '', asset = '', net: netText = '' } of unwrap(readCsv(csv), 'a settlement file')) {
    const net = unwrap(parseMoney(netText), 'an amount of the settlement file');
    rows.push({ asset, account, net });
    if (copyId === '') continue;
    const assets = byCopy.get(copyId) ?? new Map<string, Map<string, bigint>>();
    byCopy.set(copyId, assets);
    const names = assets.get(asset) ?? new Map<string, bigint>();
    assets.set(asset, names);
    const name = account.replace(/^copy:/, '');
    names.set(name, (names.get(name) ?? 0n) + net);
  }
  return { rows, byCopy };
}

/** Movements of a settlement file in one asset (all of them without) by ledger account name (the part after the last colon); money 10^-8. */
export function totalsByName(csv: string, asset?: string): ReadonlyMap<string, bigint> {
  const totals = new Map<string, bigint>();
  for (const row of unwrap(readCsv(csv), 'a settlement file')) {
    if (asset !== undefined && row.asset !== asset) continue;
    const name = (row.account ?? '')
      .split(':')
      .slice(row.copy_id === '' ? 0 : -1)
      .join(':');
    totals.set(name, (totals.get(name) ?? 0n) + unwrap(parseMoney(row.net ?? ''), 'an amount of the settlement file'));
  }
  return totals;
}
