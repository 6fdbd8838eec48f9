import { parseUnits, USD_DECIMALS } from '../decimals';
import type { Json } from '../port';

/** A positive decimal amount, in units of 10^-6; null for anything else. */
export function readAmount(value: Json | undefined): number | null {
  const units = parseUnits(value, USD_DECIMALS);
  return units > 0 ? units : null;
}
