import type { EpochMs } from '@lockstep/kernel';
import type { HaltCause, HaltedThing } from '../observations';
import type { CopySeen } from '../terms';
import { entryOf } from './entry-of';
import type { RightKind } from './rights';

const keyOf = (thing: HaltedThing): string => {
  switch (thing.kind) {
    case 'copy':
      return `copy ${thing.copyId}`;
    case 'leader':
      return `leader ${thing.leaderId}`;
    case 'tenant':
      return `tenant ${thing.scope}`;
    case 'platform':
      return 'platform';
  }
};

/** A wish that new risk ends, in force. */
export interface HaltInForce {
  readonly cause: HaltCause | RightKind;
  readonly thing: string;
  readonly since: EpochMs;
}

/** Which wishes to end new risk are in force, since when. */
export class Halts {
  private readonly halts = new Map<string, Map<HaltCause, EpochMs>>();

  halt(thing: HaltedThing, cause: HaltCause, at: EpochMs): void {
    const causes = entryOf(this.halts, keyOf(thing), () => new Map<HaltCause, EpochMs>());
    if (!causes.has(cause)) causes.set(cause, at);
  }

  lift(thing: HaltedThing, cause: HaltCause): void {
    const causes = this.halts.get(keyOf(thing));
    causes?.delete(cause);
    if (causes?.size === 0) this.halts.delete(keyOf(thing));
  }

  /** Since when a wish for a thing is in force; null: it is not. */
  since(thing: HaltedThing, cause: HaltCause): EpochMs | null {
    return this.halts.get(keyOf(thing))?.get(cause) ?? null;
  }

  /** The oldest wish in force that names the copy, its leader, its tenant or everything; null: none. */
  oldest(copy: CopySeen): HaltInForce | null {
    if (this.halts.size === 0) return null;
    let oldest: HaltInForce | null = null;
    for (const thing of [`copy ${copy.copyId}`, `leader ${copy.leaderId}`, `tenant ${copy.scope}`, 'platform']) {
      for (const [cause, since] of this.halts.get(thing) ?? []) {
        if (oldest === null || since < oldest.since) oldest = { cause, thing, since };
      }
    }
    return oldest;
  }
}
