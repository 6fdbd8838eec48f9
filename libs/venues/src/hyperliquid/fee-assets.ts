import { ok, type Result } from '@lockstep/kernel';
import type { VenueFill, VenueReadError } from '../port';
import { dexOf } from './parse/read';

/**
 * Fills with the asset of every fee: where the venue names none, fees are paid in the collateral of the coin's dex (facts §13). A fee is never booked in an
 * asset that is guessed: without the dex's collateral the reading fails and is made again.
 */
export async function withFeeAssets(
  fills: readonly VenueFill[],
  collateralOf: (dex: string) => Promise<Result<string, VenueReadError>>,
): Promise<Result<readonly VenueFill[], VenueReadError>> {
  const named: VenueFill[] = [];
  for (const fill of fills) {
    if (fill.feeAsset !== '') {
      named.push(fill);
      continue;
    }
    const collateral = await collateralOf(dexOf(fill.coin));
    if (!collateral.ok) return collateral;
    named.push({ ...fill, feeAsset: collateral.value });
  }
  return ok(named);
}
