import type { EpochMs } from '@lockstep/kernel';
import { type Fault, isInForce, PROBABILITY_SCALE, REQUEST_FAULTS } from './fault';

const DRAWS = 2 ** 32;

/** The draw of a seed with this number, 0 to 2^32 − 1 (mulberry32): the same whoever asks, and in whichever order. */
export function drawOf(seed: number, number: number): number {
  const state = (seed + Math.imul(number + 1, 0x6d2b79f5)) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}

/** A request, as faults see it. */
export interface MetRequest {
  readonly operation: string;
  readonly keyId: string;
}

const ofRequests: ReadonlySet<string> = new Set(REQUEST_FAULTS);

/** Whether a fault is one of requests, and aimed at this one. */
export const isAimedAt = (fault: Pick<Fault, 'kind' | 'operation' | 'keyId'>, { operation, keyId }: MetRequest): boolean =>
  ofRequests.has(fault.kind) && (fault.operation ?? operation) === operation && (fault.keyId ?? keyId) === keyId;

/** What became of a fault's next meetings: its new counts, and which of them it struck, from 0. */
export interface Meetings<F extends Fault> {
  readonly fault: F;
  readonly strikes: readonly number[];
}

/**
 * A fault meets `count` requests, streams or events more, one draw each, until it is used up; with `untilStruck` it meets no more behind the first it strikes.
 * Which it strikes follows from its terms and how many it met before, and from nothing else.
 */
export function meet<F extends Fault>(fault: F, count: number, untilStruck = false): Meetings<F> {
  const likely = ((fault.probability ?? PROBABILITY_SCALE) * DRAWS) / PROBABILITY_SCALE;
  const left = fault.times === null ? Number.POSITIVE_INFINITY : fault.times - fault.struck;
  const strikes: number[] = [];
  let met = 0;
  while (met < count && strikes.length < left && !(untilStruck && strikes.length > 0)) {
    if (drawOf(fault.seed, fault.met + met) < likely) strikes.push(met);
    met += 1;
  }
  return { fault: { ...fault, met: fault.met + met, struck: fault.struck + strikes.length }, strikes };
}

/**
 * A request meets the faults that are in force and aimed at it, in the order they are given, until one strikes: that one alone does. `met` are those it met,
 * with their new counts; faults behind the one that struck are not met.
 */
export function meetRequest<F extends Fault>(
  faults: readonly F[],
  request: MetRequest,
  now: EpochMs,
): { readonly met: readonly F[]; readonly struck: F | null } {
  const met: F[] = [];
  for (const one of faults) {
    if (!isInForce(one, now) || !isAimedAt(one, request)) continue;
    const { fault, strikes } = meet(one, 1);
    met.push(fault);
    if (strikes.length > 0) return { met, struck: fault };
  }
  return { met, struck: null };
}
