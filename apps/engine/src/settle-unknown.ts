import { type EpochMs, type Size, size } from '@lockstep/kernel';
import type { Address, ClientOrderId, OrderStanding, RejectCode, SentOrder, SignerHandle, Venue } from '@lockstep/venues/port';
import type { PassCrashPoint } from './crash-points';

/** An order whose outcome is not known: sent, or journaled by a process that died. */
export interface OpenQuestion {
  readonly address: Address;
  /** Keys that may have signed it; its nonce is spent with each of them, because each has nonces of its own at the venue. */
  readonly signers: readonly SignerHandle[];
  readonly nonce: number;
  readonly clientOrderId: ClientOrderId;
  /** Venue time after which the order cannot execute; 0: never expires. */
  readonly expiresAfter: EpochMs;
  /** How long ago it may have left at the latest, in ms: an order may have waited for minutes after it was written down. */
  readonly ageMs: number;
  /**
   * How long its nonce is known to be spent, in ms, where it may have left later than `ageMs` says: waiting for a connection, or by an earlier process that still
   * runs. Absent: when it left is known.
   */
  readonly spentMs?: number;
  /** Our clock, epoch ms. */
  readonly now: EpochMs;
  /** What was ordered, for venues that know no client order ids. */
  readonly sent?: SentOrder;
}

/** An order younger than this may still be on its way: its nonce is left to it. */
const ON_ITS_WAY_MS = 1_500;
/** A venue that spent a nonce may show the order later than it refuses the nonce: until this age its silence about the order proves nothing. */
const SHOWN_LATE_MS = 6_000;

/** How far our clock and the venue's may be apart where time alone is to prove something. */
const CLOCKS_APART_MS = 60_000;
/** The venue takes no nonce that is older. */
const NONCE_LIFE_MS = 2 * 86_400_000;

/** Refusals of a `noop` that prove its nonce useless to anything else of that signer. */
const SPENT_CODES: ReadonlySet<RejectCode> = new Set<RejectCode>(['nonce_duplicate', 'nonce_too_low', 'unknown_signer']);

/** What the venue's answers prove about it. */
export type Settled =
  /** The venue knows the order and it will not trade further; what it filled is booked from the venue's fills. */
  | { readonly kind: 'known'; readonly orderId: string; readonly status: string; readonly filled: Size; readonly at: EpochMs }
  /** It never executed and never can: its nonce is spent on something else; `voided`: on our `noop`, so that nothing else of its action can either. */
  | { readonly kind: 'never_landed'; readonly voided?: true }
  /** Its nonce was spent by it, and the venue keeps no order: it was refused on arrival. */
  | { readonly kind: 'refused_unseen' }
  /** It stands at the venue: where it must not, cancel it, then ask again. */
  | { readonly kind: 'resting'; readonly orderId: string; readonly filled: Size }
  /** Nothing proven yet; ask again later. */
  | { readonly kind: 'still_unknown'; readonly detail: string; readonly spent?: true };

const known = (standing: Exclude<OrderStanding, { readonly kind: 'unknown_order' }>): Settled =>
  standing.kind === 'open'
    ? { kind: 'resting', orderId: standing.orderId, filled: size(standing.original - standing.remaining) }
    : {
        kind: 'known',
        orderId: standing.orderId,
        status: standing.status,
        filled: size(standing.original - standing.remaining),
        at: standing.statusTime,
      };

/**
 * Settles an unknown order by the venue's own truth, never by a second order (product §2.9):
 * ask by client order id; when the venue does not know it, spend its nonce with a `noop`: accepted means the order can no longer land,
 * `nonce_duplicate` or `nonce_too_low` mean that the nonce is spent or past, so the order was processed, or an earlier `noop` of ours was (its
 * record may have died with its process), or it can never be: then the question is asked again, and its answer is final once the order is old
 * enough for the venue to show it. An unknown order id alone proves nothing. Where the venue does not let the nonce be spent, the order's time closes it:
 * its expiry, or the age from which its nonce is refused.
 *
 * The same action is never sent again although product §2.9 allows it: after a restart an exit is planned anew on fresh prices, and an entry's moment has passed.
 */
export async function settleUnknown(venue: Venue, question: OpenQuestion, pass: PassCrashPoint): Promise<Settled> {
  const first = await venue.truth.orderStatus(question.address, question.clientOrderId, question.sent);
  pass('reconciling_standing_read');
  if (!first.ok) return { kind: 'still_unknown', detail: `${first.error.code}: ${first.error.detail}` };
  if (first.value.kind !== 'unknown_order') return known(first.value);
  if (question.ageMs < ON_ITS_WAY_MS) return { kind: 'still_unknown', detail: 'it may be on its way' };
  const voids = await spendNonce(venue, question, pass);
  if (voids.kind === 'never_landed') return voids;
  if (voids.kind === 'still_unknown' && !isPast(venue, question)) return voids;
  const second = await venue.truth.orderStatus(question.address, question.clientOrderId, question.sent);
  if (!second.ok) return { kind: 'still_unknown', detail: `${second.error.code}: ${second.error.detail}` };
  if (second.value.kind !== 'unknown_order') return known(second.value);
  const sinceMs = voids.kind === 'spent' ? Math.min(question.ageMs, question.spentMs ?? question.ageMs) : question.ageMs;
  if (sinceMs < SHOWN_LATE_MS)
    return { kind: 'still_unknown', detail: 'its nonce is spent and the venue does not show it yet', ...(voids.kind === 'spent' && { spent: true }) };
  return voids.kind === 'spent' && voids.processed ? { kind: 'refused_unseen' } : { kind: 'never_landed' };
}

/**
 * Whether an action of an earlier process can land no more, its nonce spent with every key that may have signed it. `perhaps_landed`: it was spent before, by the
 * action itself or by a `noop` whose answer was lost; what it did shows.
 */
export async function pastLanding(
  venue: Venue,
  signers: readonly SignerHandle[],
  nonce: number,
): Promise<'cannot_land' | 'perhaps_landed' | 'unknown'> {
  if (!venue.capabilities.nonceNoop) return 'perhaps_landed';
  let found: 'cannot_land' | 'perhaps_landed' = 'cannot_land';
  for (const signer of signers) {
    const voided = await venue.orders.noop(signer, nonce);
    if (voided.kind === 'accepted') continue;
    if (voided.kind === 'unknown' || !SPENT_CODES.has(voided.code)) return 'unknown';
    found = 'perhaps_landed';
  }
  return found;
}

/** Whether its time alone keeps it from executing, whatever else the venue says of its account: an account that holds nothing any more has even a `noop` refused. */
function isPast(venue: Venue, { expiresAfter, nonce, now }: OpenQuestion): boolean {
  const expired = venue.capabilities.actionExpiry && expiresAfter > 0 && now > expiresAfter + CLOCKS_APART_MS;
  return expired || now > nonce + NONCE_LIFE_MS + CLOCKS_APART_MS;
}

/** Spends the nonce with every key that may have signed; `spent` when one of them finds it spent, past, or itself without power. */
async function spendNonce(
  venue: Venue,
  question: OpenQuestion,
  pass: PassCrashPoint,
): Promise<Extract<Settled, { readonly kind: 'never_landed' | 'still_unknown' }> | { readonly kind: 'spent'; readonly processed: boolean }> {
  if (!venue.capabilities.nonceNoop) return { kind: 'still_unknown', detail: 'the venue cannot void a nonce' };
  let asked = 0;
  let processed = false;
  for (const signer of question.signers) {
    const voided = await venue.orders.noop(signer, question.nonce);
    pass('reconciling_noop_sent');
    if (voided.kind === 'unknown') return { kind: 'still_unknown', detail: voided.detail };
    if (voided.kind === 'accepted') continue;
    // A signer the venue no longer knows (agent replaced or expired) cannot land anything either.
    if (!SPENT_CODES.has(voided.code)) return { kind: 'still_unknown', detail: voided.text };
    asked += 1;
    processed ||= voided.code === 'nonce_duplicate';
  }
  return asked === 0 ? { kind: 'never_landed', voided: true } : { kind: 'spent', processed };
}
