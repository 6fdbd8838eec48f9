import { abs, mulDiv, RATE_ONE, sign } from '@lockstep/kernel';
import type { CopyTrack } from '../book/copies';
import { entersOn } from '../book/keep-delivered';
import type { AuditState } from '../book/state';
import type { TermsObservation } from '../observations';
import { sizeText } from './judged-order';

type Added = Extract<TermsObservation, { kind: 'added_now' }>;

/** What the leader did so shortly before, and what stood against the copy, may be another matter to the engine. */
const SETTLED_MS = 5_000;
/** Equities of copy and leader are taken as unsure by this share. */
const DOUBT = 0.03;

/** More money that acts at once really adds: targets become what the mode asks for, or the answer says that something stands against it (product §2.1 re-basis). */
export function checkAdded(state: AuditState, told: Added): void {
  const copy = state.copies.get(told.copyId);
  if (copy === undefined || copy.ownShare || told.at - copy.stateAt < SETTLED_MS) return;
  const kappa = leastRatio(state, copy, told.at);
  if (kappa === null) return;
  for (const { coin, smallest: position, lastFillTime, known } of state.leader(copy.copy.leader).coins.values()) {
    const lot = state.instruments.get(coin)?.lot ?? 0n;
    const least = mulDiv(kappa, abs(position), RATE_ONE, 'down') - 2n * lot;
    if (!known || least <= 0n || told.at - lastFillTime < SETTLED_MS || !isSure(state, copy, coin, told.at)) continue;
    const side = copy.terms.settings.direction === 'same' ? sign(position) : -sign(position);
    const found = told.added.find((one) => one.coin === coin);
    if (found !== undefined && (!found.isWhole || found.target * side >= least)) continue;
    const made = found === undefined ? 'nothing of it is said' : `its target is ${sizeText(found.target)}`;
    const text = `copy ${told.copyId} was given more with effect now, its mode asks for ${sizeText(least * side)} ${coin} at least, and ${made}`;
    state.report('target_too_low', told.at, told.copyId, null, text);
  }
}

function isSure(state: AuditState, copy: CopyTrack, coin: string, at: number): boolean {
  const holding = copy.holding(coin);
  if (holding.foreign || holding.open.leaderBefore !== null || copy.asked.length > 0) return false;
  if (state.quietSince > at - SETTLED_MS || state.blindness.losesAny(copy.copy.leader)) return false;
  return entersOn(state, copy, coin, at).must;
}

/** κ at its least; null: it is not known well enough, or the mode has none. */
function leastRatio(state: AuditState, copy: CopyTrack, at: number): bigint | null {
  const { mode } = copy.terms.settings;
  if (mode.kind === 'fixed_ratio') return mode.ratio;
  if (mode.kind !== 'proportional' || mode.compounding === 'fixed_nominal') return null;
  if ((state.copiesByAccount.get(copy.copy.account) ?? []).filter(({ state: one }) => one !== 'stopped').length > 1) return null;
  const theirs = state.leader(copy.copy.leader).equity.range(at);
  const value = copy.value((coin) => Number(state.lastMarks.get(coin) ?? 0n) / 1e8);
  const real = copy.accountEquity.range(at);
  if (theirs === null || value === null || real === null || theirs.high <= 0) return null;
  const ours = Math.min(value.real, value.told, real.low) * (1 - DOUBT);
  return BigInt(Math.max(0, Math.floor((Number(mode.multiplier) * ours) / (theirs.high * (1 + DOUBT)))));
}
