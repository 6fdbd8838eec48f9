import type { InstrumentSheet, RowIntent } from '@lockstep/replication';

/**
 * What planning intends for one copy in one instrument, as of the end of a wave. Only intents whose wave is journaled are written to
 * `copy_positions`: the live columns may already hold the target of a move that is not, and a restart plans that move again.
 */
export type Intent = RowIntent;

export const NO_INTENT: Intent = {
  targetMicro: 0,
  rho: 0,
  forfeitedMicro: 0,
  forfeitReason: 0,
  adds: 0,
  episodeBits: 0,
  owedPrice: 0,
  owedUntilMs: 0,
  lastWave: 0,
  attempt: 0,
  aheadBuy: 0,
  aheadSell: 0,
};

/** Reads a row's intent out of the columns. Call it while the instrument's lane is held. */
export function intentOf(sheet: InstrumentSheet, row: number): Intent {
  const { rows } = sheet;
  return {
    targetMicro: rows.target[row] ?? 0,
    rho: rows.rho[row] ?? 0,
    forfeitedMicro: rows.forfeited[row] ?? 0,
    forfeitReason: rows.forfeitReason[row] ?? 0,
    adds: rows.adds[row] ?? 0,
    episodeBits: rows.episode[row] ?? 0,
    owedPrice: rows.owedPrice[row] ?? 0,
    owedUntilMs: rows.owedUntil[row] ?? 0,
    lastWave: rows.wave[row] ?? 0,
    attempt: rows.attempt[row] ?? 0,
    aheadBuy: rows.aheadBuy[row] ?? 0,
    aheadSell: rows.aheadSell[row] ?? 0,
  };
}

/** Puts an intent back into the columns after a restart. */
export function restoreIntent(sheet: InstrumentSheet, row: number, intent: Intent): void {
  const { rows } = sheet;
  rows.target[row] = intent.targetMicro;
  rows.rho[row] = intent.rho;
  rows.forfeited[row] = intent.forfeitedMicro;
  rows.forfeitReason[row] = intent.forfeitReason;
  rows.adds[row] = intent.adds;
  rows.episode[row] = intent.episodeBits;
  rows.owedPrice[row] = intent.owedPrice;
  rows.owedUntil[row] = intent.owedUntilMs;
  rows.wave[row] = intent.lastWave;
  rows.attempt[row] = intent.attempt;
  rows.aheadBuy[row] = intent.aheadBuy;
  rows.aheadSell[row] = intent.aheadSell;
}
