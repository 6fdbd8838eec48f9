import type { EpochMs } from '@lockstep/kernel';
import type { TermsObservation } from '../observations';
import type { CopySeen } from '../terms';
import { entryOf } from './entry-of';

/** What a copy may lack to take new risk (product §3): whether its follower may copy the leader, and consented to the terms in force. */
export type RightKind = 'entitlement' | 'consent';

/** A right that is missing, since when, and whether it ended by its time alone, with no word at that moment. */
export interface MissingRight {
  readonly cause: RightKind;
  readonly since: EpochMs;
  readonly byTime: boolean;
}

interface Granted {
  readonly at: EpochMs;
  readonly until: EpochMs | null;
  readonly revoked: boolean;
}

interface Published {
  readonly at: EpochMs;
  readonly version: number;
  readonly bindingFrom: EpochMs;
}

export type RightsTold = Extract<TermsObservation, { kind: 'leader_access' | 'entitlement' | 'terms_published' | 'consented' }>;

/** Entitlements and consents as they were told, and what follows from them for a copy at a moment. */
export class Rights {
  /** Since when a leader may be copied by entitlement alone; a leader of everyone's is absent. */
  private readonly restricted = new Map<string, EpochMs>();
  private readonly granted = new Map<string, Granted>();
  private readonly published = new Map<string, Published[]>();
  private readonly consents = new Map<string, number>();
  /** When something was told of a leader, or of a copy, last. */
  private readonly toldAt = new Map<string, EpochMs>();

  keep(told: RightsTold): void {
    const { at } = told;
    switch (told.kind) {
      case 'leader_access':
        if (told.access === 'everyone') this.restricted.delete(told.leaderId);
        else if (!this.restricted.has(told.leaderId)) this.restricted.set(told.leaderId, at);
        this.toldAt.set(told.leaderId, at);
        return;
      case 'entitlement':
        this.granted.set(`${told.leaderId} ${told.account}`, { at, until: told.until, revoked: told.revoked });
        this.toldAt.set(told.leaderId, at);
        return;
      case 'terms_published':
        entryOf(this.published, told.leaderId, () => []).push({ at, version: told.version, bindingFrom: told.bindingFrom });
        this.toldAt.set(told.leaderId, at);
        return;
      case 'consented':
        this.consents.set(told.copyId, Math.max(told.version, this.consents.get(told.copyId) ?? 0));
        this.toldAt.set(told.copyId, at);
    }
  }

  /** The right a copy lacks at a moment, the one it lacks for longer where it lacks both; null: it has both. */
  missing(copy: CopySeen, at: EpochMs): MissingRight | null {
    if (this.toldAt.size === 0) return null;
    const [entitlement, consent] = [this.notEntitled(copy, at), this.notConsented(copy, at)];
    return entitlement !== null && (consent === null || entitlement.since <= consent.since) ? entitlement : consent;
  }

  /** Whether something was told of a copy's rights, or one of them ended or began to bind, after a moment and by another. */
  changed(copy: CopySeen, after: EpochMs, by: EpochMs): boolean {
    const until = this.granted.get(`${copy.leaderId} ${copy.account}`)?.until ?? null;
    const moments = [this.toldAt.get(copy.leaderId), this.toldAt.get(copy.copyId), until];
    for (const { bindingFrom } of this.published.get(copy.leaderId) ?? []) moments.push(bindingFrom);
    return moments.some((at) => at !== undefined && at !== null && at > after && at <= by);
  }

  private notEntitled({ leaderId, account }: CopySeen, at: EpochMs): MissingRight | null {
    const since = this.restricted.get(leaderId);
    if (since === undefined) return null;
    const granted = this.granted.get(`${leaderId} ${account}`);
    if (granted === undefined) return { cause: 'entitlement', since, byTime: false };
    if (granted.revoked) return { cause: 'entitlement', since: Math.max(since, granted.at), byTime: false };
    if (granted.until === null || granted.until > at) return null;
    return { cause: 'entitlement', since: Math.max(since, granted.until), byTime: granted.until >= since };
  }

  private notConsented({ leaderId, copyId }: CopySeen, at: EpochMs): MissingRight | null {
    let first: MissingRight | null = null;
    const consented = this.consents.get(copyId) ?? 0;
    for (const terms of this.published.get(leaderId) ?? []) {
      if (terms.version <= consented || terms.bindingFrom > at) continue;
      const since = Math.max(terms.at, terms.bindingFrom);
      if (first === null || since < first.since) first = { cause: 'consent', since, byTime: terms.bindingFrom > terms.at };
    }
    return first;
  }
}
