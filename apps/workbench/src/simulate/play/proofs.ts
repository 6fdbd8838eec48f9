import { parsePrice, parseSize, unwrap } from '@lockstep/kernel';
import type { FlatnessProof, HandedSeen, PositionSeen } from '@lockstep/simulation';
import type { CalmRows } from './calm-rows';

/** How copies say they ended (`copy.flat`), by copy. */
export function proofsOf(events: CalmRows['events']): ReadonlyMap<string, FlatnessProof> {
  const proofs = new Map<string, FlatnessProof>();
  for (const { type, data } of events) {
    if (type !== 'copy.flat') continue;
    const told: unknown = JSON.parse(data);
    proofs.set(String(field(told, 'copy_id')), { dust: listed(field(told, 'dust_pending')), handedOver: handed(field(told, 'handed_over')) });
  }
  return proofs;
}

const field = (value: unknown, name: string): unknown => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined);

const listed = (rows: unknown): readonly PositionSeen[] =>
  Array.isArray(rows)
    ? rows.map((row: unknown) => ({ coin: String(field(row, 'coin')), size: unwrap(parseSize(String(field(row, 'size'))), 'size') }))
    : [];

const handed = (rows: unknown): readonly HandedSeen[] =>
  listed(rows).map((row, nth) => ({
    ...row,
    price: unwrap(parsePrice(String(field(Array.isArray(rows) ? rows[nth] : undefined, 'price'))), 'price'),
  }));
