import { must } from '@lockstep/kernel';
import type { OrderHanded, OrderObservation, StopHanded } from '../observations';
import { MAX_ORDERS } from '../options';
import type { SettingsSeen } from '../terms';
import { isExit, type OrderOrigin, OrderTrack } from './orders';
import { CHANGE_MS } from './ratio';
import type { AuditState } from './state';

/** Books an order that goes to the venue. False: it is the same action of an unknown order sent again, which is no new order. */
export function keepHanded(state: AuditState, handed: OrderHanded): boolean {
  const order = state.orders.get(handed.cloid);
  if (order === undefined) {
    const made = orderTrackOf(state, handed);
    send(state, made, handed);
    return true;
  }
  if (order.handed !== null) return false;
  send(state, order, handed);
  return true;
}

/** Books a protective stop. It stands beside what is on its way: an exit of ours does not wait for it. */
export function keepStop(state: AuditState, stop: StopHanded, at: number): void {
  const { trigger, ...handed } = stop;
  const order = state.orders.get(stop.cloid) ?? orderTrackOf(state, { ...stop, wave: '' });
  if (order.handed !== null) return;
  order.handed = { ...handed, wave: '', cause: 'repair', tif: 'gtc', expiresAfter: 0, decidedAt: at, journaledAt: at, sentAt: at };
  nameSigned(state, order, stop);
  order.remaining = stop.size;
  order.trigger = trigger ?? stop.price;
  order.exit = true;
}

/** Takes into the books what the engine wrote down, withheld or made void. */
export function keepOrders(
  state: AuditState,
  told: Exclude<OrderObservation, { kind: 'order_handed' | 'move_decided' | 'crossed' | 'stop_handed' | 'mirror_written' | 'mirror_handed' }>,
): void {
  switch (told.kind) {
    case 'order_journaled': {
      if (state.orders.has(told.cloid)) return;
      const order = orderTrackOf(state, told);
      order.journaled = true;
      order.exit = told.reduceOnly === true;
      return;
    }
    case 'stop_written': {
      if (!state.orders.has(told.cloid)) orderTrackOf(state, { ...told, wave: '' }).journaled = true;
      return;
    }
    case 'order_withheld': {
      const order = state.orders.get(told.cloid);
      if (order !== undefined) order.withheld = true;
      return;
    }
    case 'nonce_voided': {
      const key = `${told.signer} ${told.nonce}`;
      state.spentNonces.add(key);
      for (const order of state.byNonce.get(key) ?? []) order.voided = true;
      return;
    }
    case 'signer_gone':
      // Found gone after the engine took to another, it leaves nobody without one.
      if ((state.signing.get(told.account) ?? told.signer) === told.signer) state.unsigned.add(told.account);
      state.goneSigners.add(told.signer);
      for (const copy of state.copiesByAccount.get(told.account) ?? []) {
        for (const holding of copy.holdings.values()) {
          for (const order of [...holding.live.values(), ...holding.mirrors.values()])
            if (order.handed?.signer === told.signer && !order.arrived) order.voided = true;
        }
      }
      return;
    case 'signer_given':
      state.unsigned.delete(told.account);
      state.signedAgainAt.set(told.account, told.at);
      return;
  }
}

/** Begins to keep an order. */
export function orderTrackOf(state: AuditState, from: OrderOrigin): OrderTrack {
  must(state.orders.size < MAX_ORDERS, `a run of more than ${MAX_ORDERS} orders is cut into several`);
  const order = new OrderTrack(from);
  state.orders.set(from.cloid, order);
  noteNonce(state, order, from);
  return order;
}

function noteNonce({ byNonce }: AuditState, order: OrderTrack, { signer, nonce }: Pick<OrderHanded, 'signer' | 'nonce'>): void {
  const key = `${signer} ${nonce}`;
  const known = byNonce.get(key);
  if (known === undefined) byNonce.set(key, [order]);
  else if (!known.includes(order)) known.push(order);
}

/** Who signs is known for sure only as an order leaves: an account may have a newer agent already. */
export function nameSigned(state: AuditState, order: OrderTrack, signed: Pick<OrderHanded, 'signer' | 'nonce'>): void {
  noteNonce(state, order, signed);
  // Another engine, which lives on beside this one, may have taken it for something that is not written down.
  if (state.spentNonces.has(`${signed.signer} ${signed.nonce}`)) order.voided = true;
}

function send(state: AuditState, order: OrderTrack, handed: OrderHanded): void {
  order.handed = handed;
  order.remaining = handed.size;
  nameSigned(state, order, handed);
  const holding = state.copies.get(handed.copyId)?.holding(handed.coin);
  if (state.goneSigners.has(handed.signer)) order.voided = true;
  else {
    state.signing.set(handed.account, handed.signer);
    state.unsigned.delete(handed.account);
  }
  if (holding === undefined) return;
  holding.live.set(handed.cloid, order);
  // The entry of a flip leaves beside the exit of what it turns, and ends nothing of it.
  if (isExit(handed)) holding.owedExit = order;
  else if (holding.owedExit?.handed?.buy !== handed.buy) holding.owedExit = null;
  if (!isExit(handed) && byNominal(state, handed)) state.copies.get(handed.copyId)?.basis.entered(handed.decidedAt);
  if (isExit(handed)) holding.exitDecidedAt = handed.decidedAt;
  else if (handed.cause === 'move' && byAmount(state, handed) && holding.enteredWave !== handed.wave) {
    // An entry that is split leaves as two orders.
    holding.enteredWave = handed.wave;
    holding.open.change((target) => target.entered());
  }
}

/** Whether an entry can only be one of fixed amounts: what other modes entered is no add (product §2.2). */
const byAmount = (state: AuditState, order: OrderHanded): boolean => modesOf(state, order).every(({ kind }) => kind === 'fixed_amount');

/** Whether an entry can only be one by the copy's fixed allocation. */
const byNominal = (state: AuditState, order: OrderHanded): boolean =>
  modesOf(state, order).every((mode) => mode.kind === 'proportional' && mode.compounding === 'fixed_nominal');

/** The modes an order may have been decided by. */
function modesOf({ copies }: AuditState, { copyId, decidedAt }: OrderHanded): readonly SettingsSeen['mode'][] {
  return (
    copies
      .get(copyId)
      ?.termsAt(decidedAt, CHANGE_MS)
      .map(({ settings }) => settings.mode) ?? []
  );
}
