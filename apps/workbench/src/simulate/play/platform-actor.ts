import { type CommandNamed, commandWakeup, suspensionWakeup, WAKEUP_CHANNELS, wakeupPayload } from '@lockstep/delivery';
import { type CopyId, formatSize, type Ids, type LeaderId, rate, type Size, type TenantScope, UNIT } from '@lockstep/kernel';
import { type KillTarget, killSwitchName } from '@lockstep/risk';
import { type ChainLimits, decodeChainLimits, encodeChainLimits, encodeCopySettings, NO_CHAIN_LIMITS, sharingConflict } from '@lockstep/roster';
import type { CopyTerms, Scenario, ScenarioFollower, SpreadTerms, VirtualTime } from '@lockstep/simulation';
import { type CommandKind, MAIN_ACCOUNT, type ProposalRow } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import type { Cast, CommandCast, CopyCast, FollowerCast } from './cast';
import type { PlatformStore, TenantUnit } from './platform-store';
import { consent, NO_RIGHTS, rightsToBegin } from './rights-to-begin';
import { settingsOf } from './terms';
import type { SimWakeups } from './wakeups';

/** Where builder fees of every second tenant go. */
export const BUILDER = `0x${'b'.repeat(40)}`;
export const BUILDER_TENTHS = 30;
/** Whether a brand enters nothing for a follower who has not approved its builder fee. */
export const deniesUnapproved = (tenant: number): boolean => tenant % 4 === 2;
const KEY_BYTES = 32;
const HOUR_MIN = 60;

/** States from which each wish is taken, as the gateway has them. */
const FROM: Readonly<Record<'copy.pause' | 'copy.resume' | 'copy.re_enable' | 'copy.rebase', readonly string[]>> = {
  'copy.pause': ['active'],
  'copy.resume': ['paused'],
  'copy.re_enable': ['breaker_closed'],
  'copy.rebase': ['active'],
};
const STOPPED_FROM = {
  close_now: ['preparing', 'active', 'paused', 'winding_down', 'breaker_closed', 'unwinding', 'handing_over'],
  follow_to_close: ['active', 'paused'],
  hand_over: ['preparing', 'active', 'paused', 'winding_down', 'unwinding'],
  unwind_by: ['preparing', 'active', 'paused', 'winding_down'],
} as const;

/** Tenants, followers and the operator: writes what the gateway writes, and wakes the engine. Every call resolves when its 2xx would be sent; false: refused. */
export class PlatformActor {
  private hasRights = false;

  constructor(
    private readonly store: PlatformStore,
    private readonly ids: Ids,
    private readonly time: VirtualTime,
    private readonly wakeups: SimWakeups,
    private readonly cast: Cast,
  ) {}

  async tenants(scenario: Scenario): Promise<void> {
    for (const { tenant, dayBeginsMin } of scenario.tenants) {
      const id = this.ids.next('tenant');
      const now = this.time.now();
      await this.store.platform(async (unit) => {
        await unit.tenants.putTier('standard', {});
        const row = { id, name: `tenant ${tenant}`, tier: 'standard', status: 'active' as const };
        await unit.tenants.insert({ ...row, timeZone: zoneOf(dayBeginsMin), createdAt: now, updatedAt: now });
      });
      const scope = scopeFromPlatformList(id, 'test');
      this.cast.scopes[tenant] = scope;
      if (tenant % 2 === 0) await this.feeSchedule(scope, tenant);
      if (scenario.spread !== undefined) await this.limits(scope, scenario.spread);
      for (const { leader, address } of scenario.leaders) await this.leader(scope, tenant, leader, address);
    }
  }

  private async feeSchedule(scope: TenantScope, tenant: number): Promise<void> {
    await this.store.scoped(scope, (unit) =>
      unit.feeSchedules.insert({
        id: this.ids.next('feeSchedule'),
        version: 1,
        markupTenths: BUILDER_TENTHS,
        flow: tenant % 4 === 0 ? 'all' : 'increases_only',
        builderAddress: BUILDER,
        builderOwner: 'operator',
        operatorShare: 0n,
        missingApproval: deniesUnapproved(tenant) ? 'deny_entries' : 'send_without_markup',
        actor: 'simulation',
        createdAt: unit.now,
        effectiveFrom: unit.now,
      }),
    );
  }

  /** Limits of a tenant that say how waves are spread and nothing else. */
  private async limits(scope: TenantScope, { above, participation, withinMs, jitter }: SpreadTerms): Promise<void> {
    const impact = { spreadAbove: rate(above), participation: rate(participation), withinMs, jitter: rate(jitter) };
    await this.store.scoped(scope, async (unit) => {
      await unit.riskLimits.hold(scope.tenantId);
      await unit.riskLimits.put(scope.tenantId, { limits: encodeChainLimits({ ...NO_CHAIN_LIMITS, impact }), actor: 'simulation' });
      await this.append(unit, scope, 'limits.changed', scope.tenantId, {});
    });
    this.wake(scope);
  }

  private async leader(scope: TenantScope, tenant: number, leader: number, address: string): Promise<void> {
    const watched = await this.store.platform((unit) => unit.inbox.watch('hyperliquid', 'sim', address));
    const id = this.ids.next('leader');
    await this.store.scoped(scope, async (unit) => {
      const times = { createdAt: unit.now, updatedAt: unit.now };
      await unit.leaders.insert({ id, watchedNo: watched.no, name: `leader ${leader}`, terms: {}, status: 'active', access: 'everyone', ...times });
      await this.append(unit, scope, 'leader.watch', id, {});
    });
    this.cast.addLeader(tenant, leader, id);
    this.wake(scope);
  }

  /** Writes a follower with its account; its agent and money are given at the venue by whoever plays it. */
  async follower({ follower, tenant, address, slots }: ScenarioFollower, agent: string): Promise<FollowerCast> {
    const scope = this.scope(tenant);
    const [id, accountId] = [this.ids.next('follower'), this.ids.next('venueAccount')];
    await this.store.scoped(scope, async (unit) => {
      const times = { createdAt: unit.now, updatedAt: unit.now };
      await unit.followers.insert({ id, externalRef: null, status: 'active', ...times });
      await unit.venueAccounts.insert({
        id: accountId,
        followerId: id,
        venue: 'hyperliquid',
        network: 'sim',
        address,
        ...MAIN_ACCOUNT,
        agentName: AGENT_NAME,
        mode: 'unknown',
        agentAddress: agent,
        sealedAgentKey: keyOf(agent),
        agentStatus: 'awaiting_signature',
        agentValidUntil: null,
        builderAddress: null,
        builderFeeApproved: 0,
        approvals: {},
        status: 'pending',
        statusReason: null,
        ...times,
      });
      await this.append(unit, scope, 'venue_account.activate', accountId, { approvals: [] });
    });
    this.wake(scope);
    const made = { follower, tenant, scope, id, accountId, address, slots, agents: [] };
    this.cast.addFollower(made);
    this.cast.addAgent(made, agent);
    return made;
  }

  /** Gives the engine another agent of an account. */
  async nextAgent(follower: FollowerCast, agent: string): Promise<void> {
    const approval = approvalOf(follower.address, agent, this.time.now());
    await this.store.scoped(follower.scope, async (unit) => {
      const row = {
        venueAccountId: follower.accountId,
        role: 'next' as const,
        agentAddress: agent,
        agentName: AGENT_NAME,
        sealedAgentKey: keyOf(agent),
      };
      await unit.spareAgents.put({ ...row, createdAt: unit.now });
      await this.append(unit, follower.scope, 'venue_account.activate', follower.accountId, { approvals: [approval] });
    });
    this.cast.addAgent(follower, agent);
    this.wake(follower.scope);
  }

  /** Writes rows of a scope with the command that tells of them, as the gateway does in one transaction, and wakes the engine; false: it was refused, and nothing stands. */
  async commit(
    scope: TenantScope,
    work: (unit: TenantUnit) => Promise<{ readonly kind: CommandKind; readonly targetId: string } | null>,
  ): Promise<boolean> {
    this.hasRights = true;
    const done = await this.store.scoped(scope, async (unit) => {
      const command = await work(unit);
      if (command !== null) await this.append(unit, scope, command.kind, command.targetId, {});
      return command;
    });
    if (done !== null) this.wake(scope, done);
    return done !== null;
  }

  async createCopy(copy: number, follower: FollowerCast, leader: number, allocation: bigint, terms: CopyTerms): Promise<CopyCast | null> {
    const { scope } = follower;
    const leaderId = this.cast.leaderId(follower.tenant, leader);
    if (leaderId === undefined) return null;
    const id = this.ids.next('copy');
    let consentedTo = 0;
    const made = await this.store.scoped(scope, async (unit) => {
      const running = (await unit.copies.runningOn(follower.accountId)).map((row) => row.id);
      if (!this.mayJoin(follower, running, leader, terms)) return 0;
      // Where nobody ever granted or published anything nothing is asked for.
      const rights = this.hasRights ? await rightsToBegin(unit, leaderId, follower.id) : NO_RIGHTS;
      if (rights === null) return 0;
      const times = { createdAt: unit.now, updatedAt: unit.now, startedAt: null, stoppedAt: null, unwindBy: null };
      const row = { id, leaderId, followerId: follower.id, venueAccountId: follower.accountId, allocation, state: 'preparing', stateReason: null };
      await unit.copies.insert({ ...row, settingsVersion: 1, ...times });
      await unit.copies.addSettings({
        copyId: id,
        version: 1,
        settings: encodeCopySettings(settingsOf(terms)),
        actor: 'simulation',
        effectiveFrom: unit.now,
      });
      if (rights.version > 0) await consent(unit, id, leaderId, rights.version);
      await this.append(unit, scope, 'copy.activate', id, { needs: [follower.accountId, leaderId, ...rights.needs] });
      consentedTo = rights.version;
      return Number((await unit.copies.findOne({ id }))?.no ?? 0);
    });
    this.wake(scope);
    if (made === 0) return null;
    const cast: CopyCast = {
      copy,
      id,
      scope,
      follower,
      leader,
      leaderId,
      allocation,
      confirmed: allocation,
      terms,
      version: 1,
      createdAt: this.time.now(),
      pending: [],
      no: made,
      consentedTo,
    };
    this.cast.addCopy(cast);
    return cast;
  }

  /** A follower that copies one leader at a time begins when nothing runs; any other may join as the gateway admits it. */
  private mayJoin({ slots }: FollowerCast, running: readonly CopyId[], leader: number, terms: CopyTerms): boolean {
    if (slots === 1) return running.length === 0;
    const sharers = running.map((id) => this.cast.copyOf(id)).filter((copy) => copy !== undefined);
    const sharing = sharers.map((copy) => ({ watchedNo: BigInt(copy.leader), settings: settingsOf(copy.terms) }));
    return sharers.length === running.length && sharingConflict({ watchedNo: BigInt(leader), settings: settingsOf(terms) }, sharing) === null;
  }

  /** Writes another settings version; the direction changes only where the copy is flat. */
  async changeTerms(copy: CopyCast, terms: CopyTerms): Promise<boolean> {
    const done = await this.store.scoped(copy.scope, async (unit) => {
      const row = await unit.copies.findOne({ id: copy.id });
      if (row === null || row.state === 'stopping' || row.state === 'stopped') return false;
      const flat = (await unit.positions.ofCopies(row.no)).every(({ position, target }) => position === 0n && target === 0n);
      if (terms.direction !== copy.terms.direction && !flat) return false;
      const version = row.settingsVersion + 1;
      await unit.copies.addSettings({
        copyId: copy.id,
        version,
        settings: encodeCopySettings(settingsOf(terms)),
        actor: 'simulation',
        effectiveFrom: unit.now,
      });
      await unit.copies.update({ id: copy.id }, { settingsVersion: version, updatedAt: unit.now });
      await this.append(unit, copy.scope, 'copy.settings', copy.id, { version });
      copy.version = version;
      return true;
    });
    this.wake(copy.scope);
    return done;
  }

  async changeAllocation(copy: CopyCast, by: bigint, applies: 'now' | null = null): Promise<boolean> {
    const done = await this.store.scoped(copy.scope, async (unit) => {
      const row = await unit.copies.findOne({ id: copy.id });
      if (row === null || row.state === 'stopping' || row.state === 'stopped') return false;
      const allocation = row.allocation + by;
      if (allocation < UNIT) return false;
      await unit.copies.update({ id: copy.id }, { allocation, updatedAt: unit.now });
      await this.append(
        unit,
        copy.scope,
        'copy.allocation',
        copy.id,
        { allocation: allocation.toString(), ...(applies !== null && { applies }) },
        { allocation, applies, takesOn: applies === 'now' && by > 0n },
      );
      return true;
    });
    this.wake(copy.scope);
    return done;
  }

  async wish(copy: CopyCast, kind: keyof typeof FROM): Promise<boolean> {
    return this.command(copy, kind, FROM[kind], {}, { takesOn: kind === 'copy.rebase' });
  }

  /** `by`: of `unwind_by`, when everything must be closed, epoch ms. */
  async stop(copy: CopyCast, mode: keyof typeof STOPPED_FROM, by: number | null = null): Promise<boolean> {
    return this.command(copy, 'copy.stop', STOPPED_FROM[mode], by === null ? { mode } : { mode, by }, { mode });
  }

  /** Proposals of a scope that may be approved, oldest first. */
  async proposals(scope: TenantScope): Promise<readonly ProposalRow[]> {
    const open = await this.store.scoped(scope, (unit) => unit.proposals.find({ status: 'open' }));
    return [...open].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** A follower's answer to a proposal: the size it approves, or null where it declines. The command's number; null: it is over. */
  async answer(scope: TenantScope, { id, copyId }: ProposalRow, size: bigint | null): Promise<bigint | null> {
    const no = await this.store.scoped(scope, async (unit) => {
      const row = await unit.proposals.findOne({ id });
      if (row === null || row.status !== 'open' || row.endsAt <= unit.now) return null;
      const kind = size === null ? 'proposal.decline' : 'proposal.approve';
      return this.append(unit, scope, kind, copyId, { proposal: id, ...(size !== null && { size: formatSize(size as Size) }) });
    });
    this.wake(scope);
    return no;
  }

  async closeAll(follower: FollowerCast): Promise<void> {
    await this.store.scoped(follower.scope, (unit) => this.append(unit, follower.scope, 'follower.close_all', follower.id, {}));
    this.wake(follower.scope, { kind: 'follower.close_all', targetId: follower.id });
  }

  /** Closes every copy of a leader, or of the brand's environment. */
  async closeAllOf(scope: TenantScope, kind: 'leader.close_all' | 'tenant.close_all', targetId: string): Promise<void> {
    await this.store.scoped(scope, (unit) => this.append(unit, scope, kind, targetId, {}));
    this.wake(scope, { kind, targetId });
  }

  /** Takes a leader of a brand out of use, or into it again; true when it stood otherwise. */
  async pauseLeader(scope: TenantScope, leaderId: string, paused: boolean): Promise<boolean> {
    const [id, kind] = [leaderId as LeaderId, paused ? 'leader.pause' : 'leader.resume'] as const;
    const status = paused ? 'paused' : 'active';
    const changed = await this.store.scoped(scope, async (unit) => {
      const row = await unit.leaders.findOne({ id });
      if (row === null || row.status === status) return false;
      await unit.leaders.update({ id }, { status, updatedAt: unit.now });
      await this.append(unit, scope, kind, leaderId, {});
      return true;
    });
    if (changed) this.wake(scope, { kind, targetId: leaderId });
    return changed;
  }

  /** Suspends a brand as the operator, or releases it; true when it stood otherwise. */
  async suspend(scope: TenantScope, suspended: boolean): Promise<boolean> {
    const [id, status] = [scope.tenantId, suspended ? 'suspended' : 'active'] as const;
    const changed = await this.store.platform(async (unit) => {
      const row = await unit.tenants.findOne({ id });
      if (row === null || row.status === status) return false;
      await unit.tenants.update({ id }, { status, updatedAt: unit.now });
      return true;
    });
    if (changed) void this.wakeups.publish(WAKEUP_CHANNELS.stops, suspended ? suspensionWakeup(id) : '');
    return changed;
  }

  /** Puts limits in force for everyone, or for copies of a tenant, leader or follower. How waves are spread stays. */
  async putLimits(scope: TenantScope | null, targetId: string, limits: ChainLimits): Promise<void> {
    const set = (known: unknown) => {
      const stood = decodeChainLimits(known ?? {});
      return { limits: encodeChainLimits({ ...limits, impact: stood.ok ? stood.value.impact : null }), actor: 'simulation' };
    };
    if (scope === null) {
      await this.store.platform(async (unit) => unit.limits.put(targetId, set(await unit.limits.hold(targetId))));
      return;
    }
    await this.store.scoped(scope, async (unit) => {
      await unit.riskLimits.put(targetId, set(await unit.riskLimits.hold(targetId)));
      await this.append(unit, scope, 'limits.changed', targetId, {});
    });
    this.wake(scope);
  }

  /** Turns a switch as its owner; true when it stood otherwise. */
  async turn(scope: TenantScope | null, target: KillTarget, on: boolean): Promise<boolean> {
    const name = killSwitchName(target);
    const by = { actor: 'simulation', reason: null };
    const turned =
      scope === null
        ? await this.store.platform((unit) => unit.engines.setFlag(name, on, { ...by, tenantId: target.kind === 'tenant' ? target.id : null }))
        : await this.store.scoped(scope, (unit) => unit.killSwitches.turn(name, on, by));
    void this.wakeups.publish(WAKEUP_CHANNELS.stops, on && turned ? name : '');
    return turned;
  }

  private async command(
    copy: CopyCast,
    kind: CommandKind,
    from: readonly string[],
    payload: unknown,
    wish: Pick<CommandCast, 'mode' | 'takesOn'> = {},
  ): Promise<boolean> {
    const done = await this.store.scoped(copy.scope, async (unit) => {
      const row = await unit.copies.findOne({ id: copy.id });
      if (row === null || !from.includes(row.state)) return false;
      await this.append(unit, copy.scope, kind, copy.id, payload, wish);
      return true;
    });
    this.wake(copy.scope, done ? { kind, targetId: copy.id } : null);
    return done;
  }

  private async append(
    unit: TenantUnit,
    scope: TenantScope,
    kind: CommandKind,
    targetId: string,
    payload: unknown,
    wish: Omit<CommandCast, 'kind' | 'targetId'> = {},
  ): Promise<bigint> {
    const no = await unit.commands.append({ kind, targetId, payload, actor: 'simulation' });
    this.cast.addCommand(scope, no, { kind, targetId, ...wish });
    return no;
  }

  /** As the gateway does: by the command that was committed. */
  private wake(scope: TenantScope, command: CommandNamed | null = null): void {
    void this.wakeups.publish(WAKEUP_CHANNELS.commands, command === null ? wakeupPayload(scope) : commandWakeup(scope, command));
  }

  private scope(tenant: number): TenantScope {
    const scope = this.cast.scopes[tenant];
    if (scope === undefined) throw new Error(`tenant ${tenant} was not made`);
    return scope;
  }
}

export const AGENT_NAME = 'engine';

/** Nothing is sealed here: what stands in for the key is made of its address. */
const keyOf = (agent: string): Buffer =>
  Buffer.from(
    agent
      .slice(2)
      .padEnd(KEY_BYTES * 2, '0')
      .slice(0, KEY_BYTES * 2),
    'hex',
  );

/** A zone whose day begins about so many minutes after midnight UTC, in whole hours. */
/** The approval of an agent as its wallet signs it; the simulated venue reads the wallet in place of the signature. */
const approvalOf = (wallet: string, agent: string, nonce: number) => ({
  action: {
    type: 'approveAgent',
    hyperliquidChain: 'Mainnet',
    signatureChainId: '0xa4b1',
    agentAddress: agent,
    agentName: AGENT_NAME,
    nonce,
  },
  nonce,
  signature: { r: wallet, s: '0x0', v: 27 },
});

/** Minutes cut to whole hours: no zone of the tz database begins its day at any minute. */
export const wholeHours = (minutes: number): number => Math.floor(minutes / HOUR_MIN) * HOUR_MIN;

function zoneOf(minutes: number): string {
  const hours = wholeHours(minutes) / HOUR_MIN;
  if (hours === 0) return 'UTC';
  return hours <= 12 ? `Etc/GMT+${hours}` : `Etc/GMT-${24 - hours}`;
}
