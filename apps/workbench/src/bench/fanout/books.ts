import type { TenantScope } from '@lockstep/kernel';
import type { Storage } from '@lockstep/storage';
import { z } from 'zod';
import type { SimControl } from '../../client/sim-control';
import { type Cast, COIN, LOT_DECIMALS } from './cast';

const account = z.object({ address: z.string(), positions: z.array(z.object({ coin: z.string(), szi: z.string() })) });
const LOTS_PER_UNIT = 10 ** LOT_DECIMALS;
/** Storage's sizes (10^-8) in a lot. */
const SIZE_PER_LOT = 10n ** BigInt(8 - LOT_DECIMALS);

/** Lots of every account that holds the coin, from the venue's own books. */
export async function venueLots(control: SimControl): Promise<ReadonlyMap<string, number>> {
  const held = new Map<string, number>();
  for (const line of await control.truth('positions')) {
    const { address, positions } = account.parse(line);
    const found = positions.find((position) => position.coin === COIN);
    if (found !== undefined) held.set(address, Math.round(Number(found.szi) * LOTS_PER_UNIT));
  }
  return held;
}

/** Largest distance, in lots, between what the venue holds and what each follower's terms lead to after step `step` of a round. */
export function largestGap(cast: Cast, held: ReadonlyMap<string, number>, step: 0 | 1 | 2 | 3): number {
  let most = 0;
  for (const { address, terms } of cast.followers) most = Math.max(most, Math.abs((held.get(address) ?? 0) - terms.lots[step]));
  return most;
}

/** Largest distance, in lots, between the engine's written target and booked position of any copy; a copy without a row counts as flat. */
export async function largestBookedGap(storage: Storage, scopes: readonly TenantScope[]): Promise<number> {
  let most = 0n;
  for (const scope of scopes) {
    const rows = await storage.scoped(scope, (unit) => unit.positions.ofCopies());
    for (const { position, target } of rows) {
      const gap = position > target ? position - target : target - position;
      if (gap > most) most = gap;
    }
  }
  return Number(most / SIZE_PER_LOT);
}
