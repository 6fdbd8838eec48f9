import type { Environment, EpochMs, Id } from '@lockstep/kernel';
import { scopeFromVerifiedKey } from '../tenant-scope';
import { type TestScope, testScopeOf } from '../test-clock';
import type { VerifiedKey } from '../verify-key';

/** What a fault does to a request. */
export const REQUEST_FAULTS = ['too_many_requests', 'server_error', 'slow', 'dropped_request', 'dropped_answer'] as const;
/** What a fault does to open streams and what they bring. */
export const STREAM_FAULTS = ['stream_dropped', 'event_repeated'] as const;

export const FAULT_KINDS = [...REQUEST_FAULTS, ...STREAM_FAULTS] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Probabilities are counted in millionths: 1,000,000 is always. */
export const PROBABILITY_SCALE = 1_000_000;

export type FaultId = Id<'sandboxFault'>;

/** A fault that a test environment has set on itself, as far as it is decided by it whom it strikes. */
export interface Fault {
  readonly id: FaultId;
  readonly environment: Environment;
  readonly kind: FaultKind;
  /** The only operation it is aimed at; null: any. */
  readonly operation: string | null;
  /** The only key whose requests and streams it is aimed at; null: any. */
  readonly keyId: Id<'apiKey'> | null;
  /** How often it strikes before it is used up; null: until it ends. */
  readonly times: number | null;
  /** How likely it strikes whom it meets, in millionths; null: always. */
  readonly probability: number | null;
  /** What its draws follow from, 0 to 2^32 − 1. */
  readonly seed: number;
  /** Of stream faults: it meets each event of a stream whose number, counted from when the stream opened, this divides; null: open streams, or each event. */
  readonly everyEvents: number | null;
  /** Requests, streams or events it met so far: each was one draw. */
  readonly met: number;
  readonly struck: number;
  readonly createdAt: EpochMs;
  readonly endsAt: EpochMs;
}

export const FAULT_STANDINGS = ['in_force', 'used_up', 'expired'] as const;
export type FaultStanding = (typeof FAULT_STANDINGS)[number];

/** Whether a fault may still strike, and why not. */
export function standingOf(fault: Pick<Fault, 'times' | 'struck' | 'endsAt'>, now: EpochMs): FaultStanding {
  if (fault.times !== null && fault.struck >= fault.times) return 'used_up';
  return now >= fault.endsAt ? 'expired' : 'in_force';
}

/** Whether a fault may strike now. One of a live environment never does, whatever is written. */
export const isInForce = (fault: Fault, now: EpochMs): boolean => fault.environment === 'test' && standingOf(fault, now) === 'in_force';

/** The scope whose faults may strike what is done with this key; null: none do. A live key has none, whatever is written. */
export function faultScopeOf(key: VerifiedKey, now: EpochMs): TestScope | null {
  const scope = testScopeOf(scopeFromVerifiedKey(key));
  return scope !== null && key.faultsUntilMs !== null && now < key.faultsUntilMs ? scope : null;
}
