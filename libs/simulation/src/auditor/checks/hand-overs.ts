import { abs, type EpochMs, UNIT } from '@lockstep/kernel';
import type { CopyTrack } from '../book/copies';
import type { AuditState } from '../book/state';
import type { CopyAtCalm, FlatnessProof } from '../calm';
import { priceText, sizeText } from './judged-order';

/** Product §2.11, `hand_over`: from then on nothing is traded for the copy, exits and stops neither. */
export function checkNotTraded(state: AuditState, copyId: string, cloid: string, sentAt: EpochMs, at: EpochMs): void {
  const since = state.copies.get(copyId)?.handingAt ?? null;
  if (since === null || sentAt <= since + state.options.haltGraceMs) return;
  // To be closed all the same: its exits leave before that is written.
  if (state.halts.since({ kind: 'copy', copyId }, 'stop') !== null) return;
  tell(state, at, copyId, cloid, `order ${cloid} left ${sentAt - since} ms after copy ${copyId} was being handed over`);
}

/** In the calm a hand-over has ended, with a proof that lists what the copy had, each at a mark of that moment; its books hold nothing of it any more. */
export function checkHandOver(state: AuditState, at: EpochMs, copy: CopyTrack, told: CopyAtCalm): void {
  const { copyId, account } = copy.copy;
  const unsure = state.unsigned.has(account) || [...copy.holdings.values()].some(({ foreign }) => foreign);
  const since = Math.max(copy.stateAt, state.quietSince, state.lastStartAt);
  if (told.state === 'handing_over' && !unsure && at - since > state.options.comparisonMs)
    tell(state, at, copyId, null, `in the calm copy ${copyId} is being handed over since ${at - copy.stateAt} ms`);
  if (copy.handed === null) return;
  for (const coin of new Set([...copy.handed.keys(), ...(told.proof?.handedOver.map((one) => one.coin) ?? [])]))
    checkListed(state, at, copy, coin, told.proof);
  for (const { coin, position, target } of told.instruments) {
    if (position !== 0n || target !== 0n)
      tell(
        state,
        at,
        copyId,
        null,
        `copy ${copyId} was handed over, and its books have ${sizeText(position)} ${coin} and a target of ${sizeText(target)}`,
      );
  }
}

function checkListed(state: AuditState, at: EpochMs, { copy: { copyId }, handed }: CopyTrack, coin: string, proof: FlatnessProof | undefined): void {
  const had = handed?.get(coin);
  if (had?.foreign === true) return;
  const listed = proof?.handedOver.find((one) => one.coin === coin);
  const size = had?.size ?? 0n;
  if ((listed?.size ?? 0n) !== size) {
    tell(
      state,
      at,
      copyId,
      null,
      `copy ${copyId} had ${sizeText(size)} ${coin} when it was handed over, its proof lists ${sizeText(listed?.size ?? 0n)}`,
    );
    return;
  }
  const marks = had?.marks ?? null;
  if (listed === undefined || marks === null || (listed.price >= marks.low && listed.price <= marks.high)) return;
  const range = `${priceText(marks.low)} to ${priceText(marks.high)}`;
  tell(state, at, copyId, null, `copy ${copyId} was handed over at ${priceText(listed.price)} ${coin}, the marks of that moment were ${range}`);
}

/** Profit that became the copy's own with the price its books were closed at, 10^-8. */
export function handedProfit(copy: CopyTrack, proof: FlatnessProof | undefined): bigint {
  if (copy.handed === null) return 0n;
  let profit = 0n;
  for (const { coin, size, price } of proof?.handedOver ?? []) {
    const { cost } = copy.holding(coin).real;
    const value = abs(size) * price;
    profit += (size > 0n ? value - cost : cost - value) / UNIT;
  }
  return profit;
}

function tell(state: AuditState, at: EpochMs, copyId: string, cloid: string | null, text: string): void {
  state.report('hand_over_wrong', at, copyId, cloid, text);
}
