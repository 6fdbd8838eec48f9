import type { AddedSeen } from '@lockstep/simulation';

/** What a command that takes on positions says of each instrument (`TakenOnResult`). */
export function takenOnIn(result: unknown): readonly AddedSeen[] {
  const rows = field(result, 'instruments');
  if (!Array.isArray(rows)) return [];
  return rows.map((row: unknown) => ({
    coin: String(field(row, 'coin')),
    target: BigInt(String(field(row, 'target'))),
    isWhole: field(row, 'reason') === null,
  }));
}

const field = (value: unknown, name: string): unknown => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined);
