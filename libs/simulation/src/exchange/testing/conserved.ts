import { expect } from 'vitest';
import type { Testbed } from '../../builders/testbed';

/** Every token that was credited is held, paid or owed to the last unit, and every long has its short. */
export function conserved(bed: Testbed): void {
  const { tokens, netLots } = bed.world.control.conservation();
  for (const [token, { credited, held, fees, builderFees, funding }] of Object.entries(tokens))
    expect(held + fees + builderFees + funding, token).toBe(credited);
  for (const [coin, lots] of Object.entries(netLots)) expect(lots, coin).toBe(0);
}
