import type { Ids, LeaderId } from '@lockstep/kernel';
import { entitledUntil } from '@lockstep/roster';
import type { Observation, RightsStep } from '@lockstep/simulation';
import type { EntitlementRow } from '@lockstep/storage';
import type { Cast, CopyCast, FollowerCast } from './cast';
import type { PlatformActor } from './platform-actor';
import { ACTOR, consent } from './rights-to-begin';

/** As the gateway has it: terms that bind sooner than so long after their publication are met as a stop is. */
const NOTICE_MS = 60_000;
const SHA256 = '0'.repeat(64);

interface RightsParts {
  readonly actor: PlatformActor;
  readonly cast: Cast;
  readonly ids: Ids;
  readonly exact: () => number;
  readonly observe: (observation: Observation) => void;
}

/** Brands that grant their leaders and publish terms, and followers who consent: what is written is told once it has its 2xx. */
export class RightsPlayer {
  constructor(private readonly parts: RightsParts) {}

  /** A copy was made: what its follower consented to with it is told. */
  begun({ id, consentedTo }: CopyCast): void {
    if (consentedTo > 0) this.parts.observe({ kind: 'consented', at: this.parts.exact(), copyId: id, version: consentedTo });
  }

  async play(step: RightsStep): Promise<void> {
    const { cast } = this.parts;
    switch (step.kind) {
      case 'leader_access':
        return this.access(step);
      case 'terms_publish':
        return this.publish(step);
      case 'entitlement_grant':
      case 'entitlement_revoke': {
        const follower = cast.followers[step.follower];
        const leaderId = follower === undefined ? undefined : cast.leaderId(follower.tenant, step.leader);
        if (follower === undefined || leaderId === undefined) return;
        return step.kind === 'entitlement_grant' ? this.grant(follower, leaderId, step.forMs) : this.revoke(follower, leaderId);
      }
      case 'copy_consent': {
        const copy = cast.copies.get(step.copy);
        if (copy !== undefined) await this.consent(copy);
      }
    }
  }

  private async access({ tenant, leader, access }: Extract<RightsStep, { kind: 'leader_access' }>): Promise<void> {
    const { actor, cast, exact, observe } = this.parts;
    const [scope, leaderId] = [cast.scopes[tenant], cast.leaderId(tenant, leader)];
    if (scope === undefined || leaderId === undefined) return;
    const done = await actor.commit(scope, async (unit) => {
      if ((await unit.leaders.findOne({ id: leaderId }))?.access === access) return null;
      await unit.leaders.update({ id: leaderId }, { access, updatedAt: unit.now });
      return { kind: access === 'granted' ? 'leader.restrict' : 'leader.open', targetId: leaderId };
    });
    if (done) observe({ kind: 'leader_access', at: exact(), leaderId, access });
  }

  private async grant({ scope, id: followerId, address }: FollowerCast, leaderId: LeaderId, forMs: number | null): Promise<void> {
    const { actor, ids, exact, observe } = this.parts;
    const until = forMs === null ? null : Math.floor(exact()) + forMs;
    await actor.commit(scope, async (unit) => {
      const before = await unit.entitlements.findOne({ leaderId, followerId });
      const change = { until, revokedAt: null, actor: ACTOR, updatedAt: unit.now };
      const id = before?.id ?? ids.next('entitlement');
      if (before === null) await unit.entitlements.insert({ id, leaderId, followerId, ...change, createdAt: unit.now });
      else await unit.entitlements.update({ id }, change);
      return { kind: endsSooner(before, until) ? 'entitlement.shorten' : 'entitlement.grant', targetId: id };
    });
    observe({ kind: 'entitlement', at: exact(), leaderId, account: address, until, revoked: false });
  }

  private async revoke({ scope, id: followerId, address }: FollowerCast, leaderId: LeaderId): Promise<void> {
    const { actor, exact, observe } = this.parts;
    const done = await actor.commit(scope, async (unit) => {
      const row = await unit.entitlements.findOne({ leaderId, followerId });
      if (row === null || row.revokedAt !== null) return null;
      await unit.entitlements.update({ id: row.id }, { revokedAt: unit.now, updatedAt: unit.now });
      return { kind: 'entitlement.revoke', targetId: row.id };
    });
    if (done) observe({ kind: 'entitlement', at: exact(), leaderId, account: address, until: null, revoked: true });
  }

  private async publish({ tenant, leader, inMs }: Extract<RightsStep, { kind: 'terms_publish' }>): Promise<void> {
    const { actor, cast, exact, observe } = this.parts;
    const [scope, leaderId] = [cast.scopes[tenant], cast.leaderId(tenant, leader)];
    if (scope === undefined || leaderId === undefined) return;
    let [version, bindingFrom] = [0, 0];
    await actor.commit(scope, async (unit) => {
      version = ((await unit.leaderTerms.of([leaderId])).at(-1)?.version ?? 0) + 1;
      bindingFrom = unit.now + inMs;
      const document = { documentUrl: 'https://brand.example/terms', sha256: SHA256 };
      await unit.leaderTerms.insert({ leaderId, version, ...document, bindingFrom, actor: ACTOR, createdAt: unit.now });
      return { kind: inMs < NOTICE_MS ? 'terms.bind' : 'terms.announce', targetId: leaderId };
    });
    observe({ kind: 'terms_published', at: exact(), leaderId, version, bindingFrom });
  }

  private async consent(copy: CopyCast): Promise<void> {
    const { actor, exact, observe } = this.parts;
    const done = await actor.commit(copy.scope, async (unit) => {
      const row = await unit.copies.findOne({ id: copy.id });
      const newest = (await unit.leaderTerms.of([copy.leaderId])).at(-1)?.version ?? 0;
      if (row === null || row.state === 'stopped' || newest <= copy.consentedTo) return null;
      copy.consentedTo = newest;
      await consent(unit, copy.id, copy.leaderId, newest);
      return { kind: 'copy.consent', targetId: copy.id };
    });
    if (done) observe({ kind: 'consented', at: exact(), copyId: copy.id, version: copy.consentedTo });
  }
}

const endsSooner = (before: EntitlementRow | null, until: number | null): boolean =>
  entitledUntil('granted', before) > entitledUntil('granted', { until, revokedAt: null });
