import { type Approved, formatPrice, formatSize, parsePrice, parseSize } from '@lockstep/kernel';
import type {
  ActionOutcome,
  PlacementTerms,
  SignerHandle,
  TriggerTerms,
  WorkingChange,
  WorkingOrder,
  WorkingOrders,
  WorkingOutcome,
  WorkingTarget,
} from '@lockstep/venues/port';
import { asObject, asText, asWhole } from '../exchange/json';
import type { ExchangeAnswer, Json } from '../exchange/port';
import { type Asking, statusesOf } from './ask';
import { refusalOf } from './refusals';
import { WIRE_TIFS, type WorldOrders } from './submission';
import type { Traffic } from './traffic';

type Answer = ExchangeAnswer | 'silent' | 'unsent';

/** Orders that stand at a world: each call is one action, answered by position. What is scheduled and isolated margin are the conformance's business. */
export class WorldWorkingOrders implements WorkingOrders {
  constructor(
    private readonly asking: Asking,
    private readonly orders: WorldOrders,
    private readonly traffic: Traffic,
  ) {}

  place(
    signer: SignerHandle,
    nonce: number,
    orders: Approved<readonly WorkingOrder[]>,
    terms: PlacementTerms = {},
  ): Promise<readonly WorkingOutcome[]> {
    const action = { type: 'order', orders: orders.map(wireOf), grouping: 'na' };
    return this.send(
      'place',
      signer,
      nonce,
      action,
      orders,
      orders.map(() => null),
      terms.expiresAfter ?? 0,
    );
  }

  modify(signer: SignerHandle, nonce: number, changes: Approved<readonly WorkingChange[]>, expiresAfter = 0): Promise<readonly WorkingOutcome[]> {
    // `a`: an order that waits for a trigger is taken in place of another.
    const action = { type: 'batchModify', modifies: changes.map(({ target, order }) => ({ oid: target, order: wireOf(order) })), a: true };
    return this.send(
      'modify',
      signer,
      nonce,
      action,
      changes.map(({ order }) => order),
      changes.map(({ target }) => target),
      expiresAfter,
    );
  }

  cancelAll(signer: SignerHandle, nonce: number, targets: readonly WorkingTarget[]): Promise<readonly ActionOutcome[]> {
    const action = {
      type: 'cancelByCloid',
      cancels: targets.map(({ instrument, clientOrderId }) => ({ asset: instrument.assetId, cloid: clientOrderId })),
    };
    return new Promise((resolve) => {
      this.asking.submit({ kind: 'action', about: 'cancel' }, this.orders.signed(signer, nonce, action), (answer) =>
        resolve(targets.map((_, index) => cancelOf(answer, index))),
      );
    });
  }

  scheduleCancel(): Promise<ActionOutcome> {
    return Promise.resolve({ kind: 'rejected', code: 'not_sent', text: 'nothing is scheduled here' });
  }

  changeIsolatedMargin(): Promise<ActionOutcome> {
    return Promise.resolve({ kind: 'rejected', code: 'not_sent', text: 'margin is not moved here' });
  }

  private send(
    about: string,
    signer: SignerHandle,
    nonce: number,
    action: Json,
    orders: readonly WorkingOrder[],
    replaced: readonly (string | null)[],
    expiresAfter: number,
  ): Promise<readonly WorkingOutcome[]> {
    const submission = this.orders.signed(signer, nonce, action, expiresAfter === 0 ? null : expiresAfter);
    this.traffic.stops?.(
      orders.map(({ instrument, buy, size, price, reduceOnly, clientOrderId, terms }, index) => ({
        signer: submission.signer,
        coin: instrument.coin,
        buy,
        size,
        price,
        reduceOnly,
        clientOrderId,
        nonce,
        trigger: terms.kind === 'trigger' ? terms.trigger.price : null,
        replaces: replaced[index] ?? null,
      })),
    );
    return new Promise((resolve) => {
      this.asking.submit({ kind: 'action', about }, submission, (answer) => {
        const outcomes = orders.map((_, index) => outcomeOf(answer, index));
        for (const [index, { clientOrderId }] of orders.entries()) this.traffic.stopAnswered?.(clientOrderId, outcomes[index]?.kind ?? 'unknown');
        resolve(outcomes);
      });
    });
  }
}

function wireOf(order: WorkingOrder): { readonly [key: string]: Json } {
  const { instrument, buy, price, size, reduceOnly, clientOrderId, terms } = order;
  return {
    a: instrument.assetId,
    b: buy,
    p: formatPrice(price),
    s: formatSize(size),
    r: reduceOnly,
    t: terms.kind === 'limit' ? { limit: { tif: WIRE_TIFS[terms.tif] } } : { trigger: triggerOf(terms.trigger) },
    c: clientOrderId,
  };
}

const triggerOf = ({ market, price, purpose }: TriggerTerms): Json => ({
  isMarket: market,
  triggerPx: formatPrice(price),
  tpsl: purpose === 'stop_loss' ? 'sl' : 'tp',
});

const NO_ANSWER = 'no answer';

function outcomeOf(answer: Answer, index: number): WorkingOutcome {
  if (answer === 'silent') return { kind: 'unknown', detail: NO_ANSWER };
  if (answer === 'unsent') return { kind: 'rejected', code: 'not_sent', text: 'no connection took it' };
  if (answer.status === 'err') return { kind: 'rejected', code: refusalOf(answer.response), text: answer.response };
  const status = statusesOf(answer.response)[index];
  if (status === 'waitingForTrigger') return { kind: 'resting', orderId: null, waitsFor: 'trigger' };
  const error = asText(asObject(status)?.error);
  if (error !== null) return { kind: 'rejected', code: refusalOf(error), text: error };
  const resting = asObject(asObject(status)?.resting);
  if (resting !== null) return { kind: 'resting', orderId: String(asWhole(resting.oid) ?? 0), waitsFor: null };
  const filled = asObject(asObject(status)?.filled);
  const [size, average] = [parseSize(asText(filled?.totalSz) ?? ''), parsePrice(asText(filled?.avgPx) ?? '')];
  if (filled === null || !size.ok || !average.ok) return { kind: 'unknown', detail: JSON.stringify(status ?? null) };
  return { kind: 'filled', orderId: String(asWhole(filled.oid) ?? 0), size: size.value, averagePrice: average.value };
}

function cancelOf(answer: Answer, index: number): ActionOutcome {
  if (answer === 'silent') return { kind: 'unknown', detail: NO_ANSWER };
  if (answer === 'unsent') return { kind: 'rejected', code: 'not_sent', text: 'no connection took it' };
  if (answer.status === 'err') return { kind: 'rejected', code: refusalOf(answer.response), text: answer.response };
  const error = asText(asObject(statusesOf(answer.response)[index])?.error);
  return error === null ? { kind: 'accepted', response: answer.response } : { kind: 'rejected', code: refusalOf(error), text: error };
}
