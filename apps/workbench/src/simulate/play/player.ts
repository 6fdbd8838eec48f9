import { type Ids, price, size, type TenantScope } from '@lockstep/kernel';
import type { KillTarget } from '@lockstep/risk';
import {
  type CloseAllTarget,
  type CopyTerms,
  fitTrade,
  type HaltCause,
  type HaltedThing,
  type LimitTarget,
  type ListingStep,
  type Observation,
  type Scenario,
  type ScenarioStep,
  type StopMode,
  type SuspensionStep,
  type SwitchTarget,
} from '@lockstep/simulation';
import { scopeKey } from '@lockstep/tenancy';
import type { Cast, CopyCast, FollowerCast } from './cast';
import { binds, keyOf, SimChain } from './chain';
import type { EngineHost } from './engine-host';
import type { FaultSwitches } from './faults';
import { LeaderOrders } from './leader-orders';
import { pastOf } from './past';
import { AGENT_NAME, BUILDER, BUILDER_TENTHS, type PlatformActor, wholeHours } from './platform-actor';
import { RightsPlayer } from './rights';
import { decimal, type SimWorld } from './sim-world';
import { chainOf, seenOf } from './terms';

export interface PlayerParts {
  readonly scenario: Scenario;
  readonly world: SimWorld;
  readonly actor: PlatformActor;
  readonly cast: Cast;
  readonly host: EngineHost;
  readonly faults: FaultSwitches;
  readonly observe: (observation: Observation) => void;
  readonly exact: () => number;
  readonly ids: Ids;
}

/** How the auditor knows each way of stopping. */
export const HALTED_BY: Readonly<Record<StopMode, HaltCause>> = {
  close_now: 'stop',
  follow_to_close: 'wind_down',
  hand_over: 'hand_over',
  unwind_by: 'wind_down',
};

/** Does what the steps of a script say. */
export class Player {
  private agents = 0;
  private readonly chain: SimChain;
  private readonly orders: LeaderOrders;
  private readonly rights: RightsPlayer;

  constructor(private readonly parts: PlayerParts) {
    this.orders = new LeaderOrders(parts.world);
    this.rights = new RightsPlayer(parts);
    this.chain = new SimChain(parts.scenario.coins.map(({ coin }) => coin));
  }

  /** Everybody is there: money at the venue, tenants and their leaders on the platform. */
  async begin(): Promise<void> {
    const { scenario, world, actor } = this.parts;
    const at = this.parts.exact();
    for (const coin of scenario.coins)
      this.parts.observe({
        kind: 'instrument',
        at,
        coin: coin.coin,
        szDecimals: coin.szDecimals,
        maxLeverage: coin.maxLeverage,
        ...(coin.onlyIsolated && { isolated: true as const }),
        minNotional: 1_000_000_000n,
        collateral: coin.collateral,
      });
    world.act((control) => {
      control.setup([{ address: BUILDER, credits: { '': '100000' } }]);
      control.setup(scenario.leaders.map((leader) => ({ address: leader.address, credits: creditsOf(leader.cash), past: pastOf(leader) })));
    });
    await actor.tenants(scenario);
    for (const follower of scenario.followers) {
      const { address, cash, builderApproved } = follower;
      const agent = this.newAgent();
      const builder = builderApproved ? { builder: { address: BUILDER, maxTenthsBp: BUILDER_TENTHS } } : {};
      world.act((control) => control.setup([{ address, credits: creditsOf(cash), agent: { address: agent, name: AGENT_NAME }, ...builder }]));
      await actor.follower(follower, agent);
    }
    for (const { coin, startPrice } of scenario.coins) world.act((control) => control.movePrice(coin, price(startPrice)));
  }

  /** Plays a step; resolves when whoever asked has its answer. */
  async play(step: ScenarioStep): Promise<void> {
    const { world, host, faults, scenario } = this.parts;
    switch (step.kind) {
      case 'prices':
        world.act((control) => {
          for (const move of step.moves) control.movePrice(move.coin, price(move.price));
        });
        return;
      case 'quote':
        world.act((control) => control.quote(step.coin, rowsOf(world, step.coin, step.bids), rowsOf(world, step.coin, step.asks)));
        return;
      case 'makers':
        world.act((control) => control.setMakers(step.coin, step.on));
        return;
      case 'funding_rate':
        world.act((control) => control.setFunding(step.coin, step.hourly));
        return;
      case 'funding_charge':
        world.act((control) => control.advanceFunding('first'));
        return;
      case 'halt':
        world.act((control) => control.haltTrading(step.coin));
        return;
      case 'resume':
        world.act((control) => control.resumeTrading(step.coin));
        return;
      case 'delist':
        this.parts.observe({ kind: 'world_delisted', at: this.parts.exact(), coin: step.coin });
        world.act((control) => control.delist(step.coin));
        return;
      case 'leader_trades':
      case 'leader_cash':
      case 'leader_liquidated':
        this.leader(step);
        return;
      case 'leader_places':
      case 'leader_changes':
      case 'leader_cancels':
      case 'leader_closes':
        this.orders.play(step, scenario.leaders[step.leader]?.address ?? '');
        return;
      case 'fault_begins':
        faults.begin(step.fault, step.what);
        this.parts.observe({ kind: 'troubled', at: this.parts.exact() });
        return;
      case 'fault_ends':
        faults.end(step.fault);
        if (faults.calm) this.parts.observe({ kind: 'healed', at: this.parts.exact() });
        return;
      case 'clock_offset':
        host.setOffset(step.ms);
        return;
      case 'engine_starts':
        host.start();
        return;
      case 'engine_dies':
        host.kill(step.point, step.nth, step.latestMs);
        return;
      case 'lock_lost':
        host.loseLock(step);
        return;
      case 'kill_switch':
        await this.turn(step.target, step.on);
        return;
      case 'limits':
        await this.limits(step);
        return;
      case 'close_all_of':
        await this.closeAllOf(step.target);
        return;
      case 'listing_pause':
      case 'listing_resume':
        await this.listing(step);
        return;
      case 'tenant_suspend':
      case 'tenant_release':
        await this.suspension(step);
        return;
      case 'leader_access':
      case 'entitlement_grant':
      case 'entitlement_revoke':
      case 'terms_publish':
      case 'copy_consent':
        await this.rights.play(step);
        return;
      case 'regime':
      case 'calm_begins':
      case 'audit':
      case 'calm_ends':
        return;
      case 'close_all':
      case 'own_trade':
      case 'venue_cash':
      case 'agent_expires':
      case 'agent_replaced':
      case 'builder_withdrawn':
      case 'builder_approved':
        await this.follower(step);
        return;
      default:
        await this.copy(step);
    }
  }

  private leader(step: Extract<ScenarioStep, { kind: 'leader_trades' | 'leader_cash' | 'leader_liquidated' }>): void {
    const { scenario, world } = this.parts;
    const address = scenario.leaders[step.leader]?.address ?? '';
    if (step.kind === 'leader_cash') {
      world.credit(address, step.dex, step.amount);
      return;
    }
    if (step.kind === 'leader_liquidated') {
      const state = world.clearinghouse(address, step.dex);
      const equity = decimal(String(Reflect.get(Object(state['marginSummary']), 'accountValue')));
      const maintenance = decimal(String(state['crossMaintenanceMarginUsed']));
      const keep = (maintenance * BigInt(step.keepPpm)) / 1_000_000n;
      if (equity > keep) world.credit(address, step.dex, keep - equity);
      return;
    }
    const fitted = fitTrade(step, world.position(address, step.coin));
    if (fitted !== null) world.trade(address, step.coin, fitted.fills, step.order);
  }

  private async follower(
    step: Extract<
      ScenarioStep,
      { kind: 'close_all' | 'own_trade' | 'venue_cash' | 'agent_expires' | 'agent_replaced' | 'builder_withdrawn' | 'builder_approved' }
    >,
  ): Promise<void> {
    const { cast, world, actor } = this.parts;
    const follower = cast.followers[step.follower];
    if (follower === undefined) return;
    switch (step.kind) {
      case 'close_all':
        await actor.closeAll(follower);
        for (const copy of cast.copies.values()) if (copy.follower === follower) this.halt(copy, 'stop');
        return;
      case 'own_trade': {
        const held = world.position(follower.address, step.coin);
        const lots = step.size.by === 'lots' ? step.size.lots : Math.trunc((held * step.size.ppm) / 1_000_000);
        if (lots !== 0) world.trade(follower.address, step.coin, [{ lots, price: world.marketPrice(step.coin, lots > 0) }]);
        return;
      }
      case 'venue_cash': {
        const free = decimal(String(world.clearinghouse(follower.address, step.dex)['withdrawable']));
        const amount = step.amount >= 0n || -step.amount <= free ? step.amount : -free;
        if (amount !== 0n) world.credit(follower.address, step.dex, amount);
        return;
      }
      case 'agent_expires':
        // Another agent of the same name takes its place at the venue, and nobody has its key.
        this.approve(follower, this.newAgent());
        return;
      case 'agent_replaced': {
        await actor.nextAgent(follower, this.newAgent());
        return;
      }
      case 'builder_withdrawn':
      case 'builder_approved': {
        const maxTenthsBp = step.kind === 'builder_approved' ? BUILDER_TENTHS : 0;
        world.act((control) => control.setup([{ address: follower.address, credits: {}, builder: { address: BUILDER, maxTenthsBp } }]));
      }
    }
  }

  private async copy(
    step: Extract<
      ScenarioStep,
      { kind: 'copy_create' | 'copy_terms' | 'copy_allocation' | 'copy_stop' | 'copy_pause' | 'copy_resume' | 'copy_re_enable' | 'copy_rebase' }
    >,
  ): Promise<void> {
    const { cast, actor } = this.parts;
    if (step.kind === 'copy_create') {
      const follower = cast.followers[step.follower];
      const made = follower === undefined ? null : await actor.createCopy(step.copy, follower, step.leader, step.allocation, step.terms);
      if (made === null) return;
      this.terms(made, made.terms, made.allocation);
      this.rights.begun(made);
      for (const { target } of this.chain.pending) if (binds(target, made)) this.asked(made, made.terms, made.allocation);
      return;
    }
    const copy = cast.copies.get(step.copy);
    if (copy === undefined) return;
    switch (step.kind) {
      case 'copy_terms':
        this.asked(copy, step.terms, copy.allocation);
        if (!(await actor.changeTerms(copy, step.terms))) this.notAsked(copy);
        else {
          copy.terms = step.terms;
          copy.pending.push({ version: copy.version, terms: step.terms, ...(step.change === 'tighter' && { tightenedAt: this.parts.exact() }) });
        }
        return;
      case 'copy_allocation':
        await this.allocate(copy, step.by, step.applies ?? null);
        return;
      case 'copy_stop':
        await this.stop(copy, step.mode, step.inMs ?? null);
        return;
      case 'copy_pause':
        if (await actor.wish(copy, 'copy.pause')) this.halt(copy, 'pause');
        return;
      case 'copy_resume':
        await actor.wish(copy, 'copy.resume');
        return;
      case 'copy_re_enable':
        await actor.wish(copy, 'copy.re_enable');
        return;
      case 'copy_rebase':
        if (await actor.wish(copy, 'copy.rebase')) this.rebased(copy);
    }
  }

  private async allocate(copy: CopyCast, by: bigint, applies: 'now' | null): Promise<void> {
    this.asked(copy, copy.terms, copy.allocation + by);
    if (!(await this.parts.actor.changeAllocation(copy, by, applies))) {
      this.notAsked(copy);
      return;
    }
    // More that acts at once is a re-basis.
    if (applies === 'now' && by > 0n) this.rebased(copy);
    copy.allocation += by;
  }

  private rebased(copy: CopyCast): void {
    this.parts.observe({ kind: 'rebased', at: this.parts.exact(), copyId: copy.id, asked: true });
  }

  private async stop(copy: CopyCast, mode: StopMode, inMs: number | null): Promise<void> {
    const { actor, exact, observe } = this.parts;
    const by = inMs === null ? null : Math.floor(exact()) + inMs;
    if (!(await actor.stop(copy, mode, by))) return;
    this.halt(copy, HALTED_BY[mode]);
    if (by !== null) observe({ kind: 'unwind_asked', at: exact(), copyId: copy.id, by });
  }

  /** Tells the terms of a copy as they count from now on. */
  terms(copy: CopyCast, terms: CopyTerms, allocation: bigint, tightenedAt?: number): void {
    const leader = this.parts.scenario.leaders[copy.leader]?.address ?? '';
    copy.told = { terms, allocation };
    this.parts.observe({
      kind: 'copy_terms',
      at: this.parts.exact(),
      copy: {
        scope: scopeKey(copy.scope),
        copyId: copy.id,
        account: copy.follower.address,
        leaderId: copy.leaderId,
        leader,
        createdAt: copy.createdAt,
        dayBeginsMs: wholeHours(this.parts.scenario.tenants[copy.follower.tenant]?.dayBeginsMin ?? 0) * 60_000,
      },
      settings: this.chain.bound(copy, seenOf(terms), false),
      allocation,
      ...(tightenedAt === undefined ? {} : { tightenedAt }),
    });
  }

  /** Limits above the copies are asked for: each copy below may be judged by them from now on. */
  private async limits({ target, limits }: Extract<ScenarioStep, { kind: 'limits' }>): Promise<void> {
    const { actor, cast } = this.parts;
    const named = this.limitedBy(target);
    if (named === null) return;
    this.chain.ask(target, limits);
    for (const copy of cast.copies.values()) if (binds(target, copy)) this.asked(copy, copy.terms, copy.allocation);
    await actor.putLimits(named.scope, named.id, chainOf(limits));
  }

  private async closeAllOf(target: CloseAllTarget): Promise<void> {
    const { actor, cast } = this.parts;
    const scope = cast.scopes[target.tenant];
    if (scope === undefined) return;
    if (target.thing === 'tenant') await actor.closeAllOf(scope, 'tenant.close_all', scope.tenantId);
    else {
      const id = cast.leaderId(target.tenant, target.leader);
      if (id === undefined) return;
      await actor.closeAllOf(scope, 'leader.close_all', id);
    }
    for (const copy of cast.copies.values()) {
      const isNamed = target.thing === 'tenant' || copy.leader === target.leader;
      if (copy.follower.tenant === target.tenant && isNamed) this.halt(copy, 'stop');
    }
  }

  /** Copies of a paused leader take no new risk from the answer on. One that is used again counts as such at once, whenever the engine hears of it. */
  private async listing({ kind, tenant, leader }: ListingStep): Promise<void> {
    const { actor, cast } = this.parts;
    const [scope, leaderId] = [cast.scopes[tenant], cast.leaderId(tenant, leader)];
    if (scope === undefined || leaderId === undefined) return;
    const paused = kind === 'listing_pause';
    if (!(await actor.pauseLeader(scope, leaderId, paused))) return;
    this.haltOn(paused, { kind: 'leader', leaderId }, 'suspension');
  }

  /** Copies of a suspended brand take no new risk from the answer on. One that is released counts as such at once, whenever the engine looks. */
  private async suspension({ kind, tenant }: SuspensionStep): Promise<void> {
    const { actor, cast } = this.parts;
    const scope = cast.scopes[tenant];
    if (scope === undefined) return;
    const suspended = kind === 'tenant_suspend';
    if (!(await actor.suspend(scope, suspended))) return;
    this.haltOn(suspended, { kind: 'tenant', scope: scopeKey(scope) }, 'suspension');
  }

  private limitedBy(target: LimitTarget): { readonly scope: TenantScope | null; readonly id: string } | null {
    const { cast } = this.parts;
    if (target.layer === 'platform') return { scope: null, id: 'platform' };
    if (target.layer === 'follower') {
      const follower = cast.followers[target.follower];
      return follower === undefined ? null : { scope: follower.scope, id: follower.id };
    }
    const scope = cast.scopes[target.tenant];
    const id = target.layer === 'tenant' ? scope?.tenantId : cast.leaderId(target.tenant, target.leader);
    return scope === undefined || id === undefined ? null : { scope, id };
  }

  /** The engine took up limits of a target: those that waited longest; null: all that wait, as one that begins does. */
  limitsTaken(targetId: string | null): void {
    for (const { target } of [...this.chain.pending]) {
      if (targetId !== null && this.limitedBy(target)?.id !== targetId) continue;
      this.chain.confirm(keyOf(target));
      for (const copy of this.parts.cast.copies.values()) {
        if (binds(target, copy) && copy.told !== undefined) this.terms(copy, copy.told.terms, copy.told.allocation);
      }
      // Of the platform's the newest row is read, however often it changed.
      if (targetId !== null && target.layer !== 'platform') return;
    }
  }

  private asked(copy: CopyCast, terms: CopyTerms, allocation: bigint): void {
    this.parts.observe({
      kind: 'terms_asked',
      at: this.parts.exact(),
      copyId: copy.id,
      settings: this.chain.bound(copy, seenOf(terms), true),
      allocation,
    });
  }

  private notAsked(copy: CopyCast): void {
    this.parts.observe({ kind: 'terms_refused', at: this.parts.exact(), copyId: copy.id, newest: true });
  }

  private halt(copy: CopyCast, cause: HaltCause): void {
    this.haltOn(true, { kind: 'copy', copyId: copy.id }, cause);
  }

  /** New risk of something is halted now, or is not any more. */
  private haltOn(on: boolean, thing: HaltedThing, cause: HaltCause): void {
    this.parts.observe({ kind: on ? 'halt' : 'halt_lifted', at: this.parts.exact(), thing, cause });
  }

  private async turn(target: SwitchTarget, on: boolean): Promise<void> {
    const { actor } = this.parts;
    const named = this.targetOf(target);
    if (named === null) return;
    // What is switched on again counts once the engine has looked; the next look is at most a second away.
    if (await actor.turn(named.scope, named.target, on)) this.haltOn(on, named.thing, 'kill_switch');
  }

  private targetOf(target: SwitchTarget) {
    const { cast } = this.parts;
    switch (target.thing) {
      case 'platform':
        return { scope: null, target: { kind: 'platform' } as KillTarget, thing: { kind: 'platform' } as const };
      case 'tenant': {
        const scope = cast.scopes[target.tenant];
        if (scope === undefined) return null;
        const thing = { kind: 'tenant', scope: scopeKey(scope) } as const;
        return target.owner === 'operator'
          ? { scope: null, target: { kind: 'tenant', id: scope.tenantId } as KillTarget, thing }
          : { scope, target: { kind: 'environment', id: scope.tenantId, environment: scope.environment } as KillTarget, thing };
      }
      case 'leader': {
        const [scope, id] = [cast.scopes[target.tenant], cast.leaderId(target.tenant, target.leader)];
        return scope === undefined || id === undefined
          ? null
          : { scope, target: { kind: 'leader', id } as KillTarget, thing: { kind: 'leader', leaderId: id } as const };
      }
      case 'copy': {
        const copy = cast.copies.get(target.copy);
        return copy === undefined
          ? null
          : { scope: copy.scope, target: { kind: 'copy', id: copy.id } as KillTarget, thing: { kind: 'copy', copyId: copy.id } as const };
      }
    }
  }

  private approve(follower: FollowerCast, agent: string): void {
    this.parts.world.act((control) => control.setup([{ address: follower.address, credits: {}, agent: { address: agent, name: AGENT_NAME } }]));
  }

  private newAgent(): string {
    this.agents += 1;
    return `0xe${this.agents.toString(16).padStart(39, '0')}`;
  }
}

const creditsOf = (cash: Readonly<Record<string, bigint>>): Record<string, string> =>
  Object.fromEntries(Object.entries(cash).map(([dex, amount]) => [dex, (amount / 100_000_000n).toString()]));

function rowsOf(world: SimWorld, coin: string, rows: readonly { readonly price: bigint; readonly lots: number }[]) {
  const lot = 10n ** BigInt(8 - world.coin(coin).szDecimals);
  return rows.map((row) => ({ price: price(row.price), size: size(BigInt(row.lots) * lot) }));
}
