import type { AuditState } from '../book/state';
import type { OrderHanded, OrderObservation } from '../observations';

type Journaled = Extract<OrderObservation, { kind: 'order_journaled' }>;

/** Product §2.9: client order ids and nonces are given once. */
export function checkJournaled(state: AuditState, told: Journaled): void {
  const named = `order ${told.cloid} of copy ${told.copyId}`;
  if (state.orders.has(told.cloid)) {
    state.report(
      'duplicate_client_order_id',
      told.at,
      told.copyId,
      told.cloid,
      `${named} is journaled with a client order id that wave ${told.wave} gives a second time`,
    );
  }
  const [first] = state.byNonce.get(`${told.signer} ${told.nonce}`) ?? [];
  if (first === undefined || first.cloid === told.cloid) return;
  state.report(
    'duplicate_nonce',
    told.at,
    told.copyId,
    told.cloid,
    `${named} has nonce ${told.nonce} of ${told.signer}, as order ${first.cloid} has`,
  );
}

type Withheld = Extract<OrderObservation, { kind: 'order_withheld' }>;

/** Product §2.6, §2.7: an exit is never refused by caps, halts, staleness or rates meant for entries. */
export function checkWithheld(state: AuditState, told: Withheld): void {
  const order = state.orders.get(told.cloid);
  if (order?.exit !== true || told.rule === undefined || told.rule === 'superseded' || told.rule === 'other') return;
  state.report(
    'exit_refused',
    told.at,
    order.copyId,
    told.cloid,
    `exit ${told.cloid} of copy ${order.copyId} was withheld by a rule for entries: ${told.rule} (${told.reason})`,
  );
}

/** Product §2.9: written down before the first byte leaves; sent again only as the very same action. */
export function checkHandedOver(state: AuditState, order: OrderHanded, at: number): void {
  const known = state.orders.get(order.cloid);
  const named = `order ${order.cloid} of copy ${order.copyId}`;
  if (known === undefined || !known.journaled) {
    if (known?.handed == null) state.report('not_journaled', at, order.copyId, order.cloid, `${named} left before its journal row stood`);
  }
  if (known === undefined) return;
  if (known.withheld || known.voided) {
    const why = known.withheld ? 'was withheld' : 'its nonce was made void';
    state.report('order_end_wrong', at, order.copyId, order.cloid, `${named} left after it ${why}`);
  }
  if (known.handed === null) {
    if (known.copyId !== order.copyId || known.scope !== order.scope) {
      state.report('other_scope', at, order.copyId, order.cloid, `${named} was journaled for copy ${known.copyId} of ${known.scope}`);
    }
    return;
  }
  checkSentAgain(state, known.handed, order, at, named);
}

function checkSentAgain(state: AuditState, first: OrderHanded, order: OrderHanded, at: number, named: string): void {
  const same = (['account', 'signer', 'coin', 'buy', 'price', 'size', 'reduceOnly', 'nonce', 'expiresAfter'] as const).every(
    (field) => first[field] === order[field],
  );
  if (same) return;
  state.report(
    'duplicate_client_order_id',
    at,
    order.copyId,
    order.cloid,
    `${named} was sent again as another action (nonce ${first.nonce}, then ${order.nonce})`,
  );
}

/** House rule: nothing crosses tenants, and what a copy orders leaves with its own account's key. */
export function checkOwner(state: AuditState, order: OrderHanded, at: number): void {
  const copy = state.copies.get(order.copyId)?.copy;
  if (copy === undefined) {
    state.report('orphan_order', at, order.copyId, order.cloid, `order ${order.cloid} names copy ${order.copyId}, which does not exist`);
    return;
  }
  if (order.scope !== copy.scope) {
    state.report(
      'other_scope',
      at,
      order.copyId,
      order.cloid,
      `order ${order.cloid} of copy ${order.copyId} of ${copy.scope} was sent for ${order.scope}`,
    );
  }
  const signs = state.signerAccounts.get(order.signer);
  if (signs === undefined) state.signerAccounts.set(order.signer, copy.account);
  if (order.account !== copy.account || (signs !== undefined && signs !== copy.account)) {
    const used = order.account !== copy.account ? order.account : signs;
    state.report(
      'other_account',
      at,
      order.copyId,
      order.cloid,
      `order ${order.cloid} of copy ${order.copyId} (account ${copy.account}) leaves for account ${used} by ${order.signer}`,
    );
  }
}
