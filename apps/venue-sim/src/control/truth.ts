import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { World } from '@lockstep/simulation';

/** Parts of an account's truth that can be asked for alone. */
export const TRUTH_PARTS = ['all', 'positions', 'fills', 'orders'] as const;
export type TruthPart = (typeof TRUTH_PARTS)[number];

export const isTruthPart = (text: string): text is TruthPart => TRUTH_PARTS.some((part) => part === text);

/** Streams one JSON line per account, of one address or of all: an auditor reads a world of any size in bounded memory. */
export async function streamTruth(world: World, part: TruthPart, address: string | null, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  for (const each of address === null ? world.control.addresses() : [address]) {
    const line = truthLine(world, part, each);
    if (line !== null && !response.write(`${line}\n`)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (response.destroyed) return;
  }
  response.end();
}

/** The line of an account; null where it is unknown or has nothing of the part. */
function truthLine(world: World, part: TruthPart, address: string): string | null {
  const truth = world.control.truth(address);
  if (part === 'all' || typeof truth !== 'object' || truth === null || Array.isArray(truth)) return truth === null ? null : JSON.stringify(truth);
  const rows = Object.entries(truth).find(([name]) => name === (part === 'positions' ? 'dexes' : part))?.[1];
  if (!Array.isArray(rows)) return null;
  const found: readonly unknown[] = part === 'positions' ? rows.flatMap(positionsOf) : rows;
  return found.length === 0 ? null : JSON.stringify({ address, [part]: found });
}

function positionsOf(dex: unknown): readonly unknown[] {
  return typeof dex === 'object' && dex !== null && 'positions' in dex && Array.isArray(dex.positions) ? dex.positions : [];
}
