import { asksFirst } from './book/asks-first';
import { keepCross } from './book/crosses';
import { endForeign } from './book/foreign';
import { keepDecided, keepDelivered, keepProcess } from './book/keep-delivered';
import { handedOf, keepMirror, keepMirrorWritten } from './book/keep-mirrors';
import { keepHanded, keepOrders, keepStop } from './book/keep-orders';
import { keepRights, keepTerms } from './book/keep-terms';
import { keepWorld } from './book/keep-world';
import { leavesAsked } from './book/note-reference';
import { isExit } from './book/orders';
import { AuditState } from './book/state';
import { Valuations } from './book/valuations';
import type { CalmSnapshot } from './calm';
import { checkAdded } from './checks/added-now';
import { checkApproved } from './checks/approvals';
import { checkCalmBooks } from './checks/calm-books';
import { checkCalmMoney } from './checks/calm-money';
import { checkCalmPositions } from './checks/calm-positions';
import { checkClearingMargin } from './checks/clearing-margin';
import { checkCross } from './checks/crosses';
import { checkMaySend, checkMayWrite, isSpentBefore } from './checks/formers';
import { checkFreshness } from './checks/freshness';
import { checkBreach, checkHalts } from './checks/halts';
import { checkNotTraded } from './checks/hand-overs';
import type { JudgedOrder } from './checks/judged-order';
import { checkKept } from './checks/kept-exits';
import { checkCalmMirrors, checkMirror, checkMirrorStood, checkMirrorsThrough } from './checks/mirrors';
import { checkMissingMirrors } from './checks/missing-mirrors';
import { checkHandedOver, checkJournaled, checkOwner, checkWithheld } from './checks/order-life';
import { checkOrderLimits } from './checks/order-limits';
import { checkPriceBound } from './checks/price-bounds';
import { checkCalmStops, checkStop } from './checks/protective-stops';
import { ReduceOnly } from './checks/reduce-only';
import { checkCalmRests, checkRestEnded, checkRestFilled, checkRests } from './checks/resting';
import { checkSharedLimits } from './checks/shared-limits';
import { checkCalmShared } from './checks/shared-told';
import { checkBeyondState, checkCalmLimits, checkTrim } from './checks/state-limits';
import { checkAge, checkClosedWhole, checkCrossing, checkExit, checkTarget } from './checks/targets';
import { checkPace, checkSliced } from './checks/unwinding';
import { WaveOrder } from './checks/wave-order';
import type { DeliveredObservation, MirrorHanded, Observation, OrderHanded } from './observations';
import { AUDITOR_DEFAULTS, type AuditorOptions } from './options';
import type { Auditor, AuditorCounts } from './port';
import { MAX_VIOLATIONS, type Violation } from './violation';

/** An auditor that has seen nothing yet. */
export function createAuditor(options: Partial<AuditorOptions> = {}): Auditor {
  return new Judge({ ...AUDITOR_DEFAULTS, ...options });
}

class Judge implements Auditor {
  private readonly found: Violation[] = [];
  private readonly state: AuditState;
  private readonly valuations: Valuations;
  private readonly waves = new WaveOrder();
  private readonly reduceOnly: ReduceOnly;
  private readonly tally = { observations: 0, marks: 0, orders: 0, riskIncreasing: 0, calms: 0, violations: 0 };

  constructor(options: AuditorOptions) {
    this.state = new AuditState(options, (violation) => {
      if (options.untold.includes(violation.kind)) return;
      this.tally.violations += 1;
      if (this.found.length < MAX_VIOLATIONS) this.found.push(violation);
    });
    this.valuations = new Valuations(this.state);
    this.reduceOnly = new ReduceOnly(this.state);
  }

  observe(observation: Observation): void {
    this.tally.observations += 1;
    if (this.isOfFormer(observation)) return;
    switch (observation.kind) {
      case 'mark_delivered':
        this.tally.marks += 1;
        this.valuations.mark(observation.process, observation.coin, observation.at);
        keepDelivered(this.state, observation);
        return;
      case 'account_fill_delivered':
      case 'funding_delivered':
        this.valuations.told(observation.account, observation.process, observation.at);
        keepDelivered(this.state, observation);
        return;
    }
    this.valuations.flush();
    this.dispatch(observation);
  }

  calm(snapshot: CalmSnapshot): void {
    this.valuations.flush();
    this.reduceOnly.tell(snapshot.at);
    this.tally.calms += 1;
    checkCalmPositions(this.state, snapshot);
    checkCalmBooks(this.state, snapshot);
    checkCalmMoney(this.state, snapshot);
    checkCalmLimits(this.state, snapshot);
    checkCalmShared(this.state, snapshot);
    checkCalmRests(this.state, snapshot.at);
    checkCalmStops(this.state, snapshot);
    checkCalmMirrors(this.state, snapshot);
    checkMissingMirrors(this.state, snapshot);
  }

  violations(): readonly Violation[] {
    return this.found;
  }

  counts(): AuditorCounts {
    return { ...this.tally, valuations: this.valuations.judged, breaches: this.valuations.breaches };
  }

  /** What a process is told that leads no more, nobody who leads knows by it. Of marks its own orders are judged by, its trail is kept. */
  private isOfFormer(observation: Observation): boolean {
    if (!FORMERS_OWN.has(observation.kind) || !('process' in observation) || !this.state.formers.isOver(observation.process)) return false;
    if (observation.kind === 'mark_delivered' || observation.kind === 'quote_delivered') keepDelivered(this.state, observation);
    return true;
  }

  private dispatch(observation: Exclude<Observation, { kind: ValuedKind }>): void {
    switch (observation.kind) {
      case 'instrument':
      case 'copy_terms':
      case 'terms_asked':
      case 'terms_refused':
      case 'halt':
      case 'unwind_asked':
      case 'reduced_now':
      case 'rebased':
      case 'rebase_settled':
      case 'approved':
      case 'approval_refused':
        keepTerms(this.state, observation);
        return;
      case 'copy_state':
        if (observation.state === 'stopping') checkSliced(this.state, observation.copyId, observation.at);
        keepTerms(this.state, observation);
        return;
      case 'added_now':
        checkAdded(this.state, observation);
        return;
      case 'leader_access':
      case 'entitlement':
      case 'terms_published':
      case 'consented':
        checkMirrorsThrough(this.state, observation.at);
        keepRights(this.state, observation);
        return;
      case 'halt_lifted':
        checkMirrorsThrough(this.state, observation.at);
        keepTerms(this.state, observation);
        return;
      case 'process_started':
      case 'process_died':
      case 'lock_lost':
      case 'term_begun':
      case 'troubled':
      case 'healed':
        keepProcess(this.state, observation);
        return;
      case 'former_sent':
        checkMaySend(this.state, observation);
        return;
      case 'former_wrote':
        checkMayWrite(this.state, observation.process, observation.at);
        return;
      case 'order_journaled':
        checkJournaled(this.state, observation);
        this.reduceOnly.journaled(observation);
        keepOrders(this.state, observation);
        return;
      case 'order_withheld':
        checkWithheld(this.state, observation);
        keepOrders(this.state, observation);
        return;
      case 'move_decided':
        keepDecided(this.state, observation);
        return;
      case 'stop_handed':
        if (isSpentBefore(this.state, observation.stop.process, this.state.orders.get(observation.stop.cloid))) return;
        checkNotTraded(this.state, observation.stop.copyId, observation.stop.cloid, observation.at, observation.at);
        checkStop(this.state, observation.stop, observation.at);
        keepStop(this.state, observation.stop, observation.at);
        return;
      case 'mirror_written':
        keepMirrorWritten(this.state, observation);
        return;
      case 'mirror_handed':
        this.mirrored(observation.mirror, observation.at);
        return;
      case 'stop_written':
      case 'nonce_voided':
      case 'signer_gone':
      case 'signer_given':
        keepOrders(this.state, observation);
        return;
      case 'crossed':
        checkCross(this.state, observation.cross, observation.at);
        keepCross(this.state, observation.cross, observation.at);
        return;
      case 'order_handed':
        this.judge(observation.order, observation.at);
        return;
      case 'world_fill':
        checkRestFilled(this.state, observation);
        checkMirrorStood(this.state, observation);
        keepWorld(this.state, observation);
        return;
      case 'world_order':
        checkRestEnded(this.state, observation);
        checkMirrorStood(this.state, observation);
        keepWorld(this.state, observation);
        return;
      case 'world_funding':
      case 'world_mark':
      case 'world_delisted':
        keepWorld(this.state, observation);
        return;
      case 'answer_delivered':
        keepDelivered(this.state, observation);
        if (observation.outcome === 'filled') this.valuations.answered(observation.cloid, observation.process, observation.at);
        return;
      default:
        keepDelivered(this.state, observation);
        return;
    }
  }

  private judge(order: OrderHanded, at: number): void {
    const { state } = this;
    if (isSpentBefore(state, order.process, state.orders.get(order.cloid))) return;
    const again = (state.orders.get(order.cloid)?.handed ?? null) !== null;
    checkHandedOver(state, order, at);
    if (again) return;
    checkOwner(state, order, at);
    checkNotTraded(state, order.copyId, order.cloid, order.sentAt, at);
    const copy = state.copies.get(order.copyId);
    const instrument = state.instruments.get(order.coin);
    this.tally.orders += 1;
    const holding = copy?.holding(order.coin);
    if (holding?.foreign === true) endForeign(state, order.account, order.coin, order.decidedAt);
    if (copy !== undefined && instrument !== undefined && holding?.foreign === false) {
      const terms = copy.termsAt(order.decidedAt, state.options.raceMs);
      this.checkOne({ state, order, at, copy, instrument, terms, holding });
      this.waves.check(state, order, at);
      this.reduceOnly.check(order, at);
    }
    if (copy !== undefined && instrument !== undefined && holding?.foreign === true)
      checkClosedWhole({ state, order, at, copy, instrument, terms: [], holding });
    keepHanded(state, order);
    const track = state.orders.get(order.cloid);
    if (track !== undefined && copy !== undefined && holding !== undefined && !isExit(order)) {
      track.approved = asksFirst(copy.termsAt(order.decidedAt, state.options.raceMs));
      track.leavesAsked = track.approved && leavesAsked(state, holding, order);
    }
    this.reduceOnly.keep(order);
  }

  /** A mirror that enters is held to every limit as an order that adds risk: no target, age or bound is asked for. */
  private mirrored(mirror: MirrorHanded, at: number): void {
    const { state } = this;
    if (isSpentBefore(state, mirror.process, state.orders.get(mirror.cloid))) return;
    checkMirror(state, mirror, at);
    const copy = state.copies.get(mirror.copyId);
    const instrument = state.instruments.get(mirror.coin);
    const holding = copy?.holding(mirror.coin);
    this.tally.orders += 1;
    if (!mirror.reduceOnly && copy !== undefined && instrument !== undefined && holding?.foreign === false) {
      const order = handedOf(mirror, state.orders.get(mirror.cloid), at);
      const judged: JudgedOrder = { state, order, at, copy, instrument, holding, terms: copy.termsAt(at, state.options.raceMs) };
      this.tally.riskIncreasing += 1;
      checkHalts(judged);
      checkBreach(judged);
      checkBeyondState(judged);
      checkFreshness(judged);
      checkOrderLimits(judged);
      checkSharedLimits(judged);
      checkClearingMargin(judged);
      checkApproved(judged);
    }
    keepMirror(state, mirror, at);
  }

  private checkOne(judged: JudgedOrder): void {
    checkRests(judged);
    if (isExit(judged.order)) {
      checkExit(judged);
      checkTrim(judged);
      checkPace(judged);
      checkKept(judged);
      return;
    }
    this.tally.riskIncreasing += 1;
    checkHalts(judged);
    checkBreach(judged);
    checkBeyondState(judged);
    checkFreshness(judged);
    checkOrderLimits(judged);
    checkSharedLimits(judged);
    checkClearingMargin(judged);
    checkApproved(judged);
    checkTarget(judged);
    checkCrossing(judged);
    checkAge(judged);
    checkPriceBound(judged);
  }
}

const FORMERS_OWN: ReadonlySet<Observation['kind']> = new Set<DeliveredObservation['kind']>([
  'mark_delivered',
  'quote_delivered',
  'leader_fills_delivered',
  'leader_state_delivered',
  'leader_orders_delivered',
  'account_fill_delivered',
  'account_state_delivered',
  'funding_delivered',
  'answer_delivered',
]);

type ValuedKind = Extract<DeliveredObservation['kind'], 'mark_delivered' | 'account_fill_delivered' | 'funding_delivered'>;
