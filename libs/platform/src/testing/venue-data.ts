import { existsSync } from 'node:fs';

/**
 * Where the recorded venue data lies, from `VENUE_DATA_DIR`; null when unset or absent.
 * Throws when `REQUIRE_VENUE_DATA=1` and it is absent, so that a pipeline cannot pass by skipping.
 */
export function venueData(): { readonly dir: string } | null {
  const dir = process.env.VENUE_DATA_DIR;
  if (dir !== undefined && dir !== '' && existsSync(dir)) return { dir };
  if (process.env.REQUIRE_VENUE_DATA === '1') throw new Error('REQUIRE_VENUE_DATA=1, but VENUE_DATA_DIR names no existing folder');
  return null;
}
