import { type Approved, formatDecimal, fromLots, type Instrument, price, UNIT_SCALE } from '@lockstep/kernel';
import { rejectCodeIndex } from '../../hyperliquid/classify';
import { type RowOutcome, rejectedRow } from '../../hyperliquid/parse/exchange-answer';
import {
  type ActionOutcome,
  type Address,
  type ClientOrderId,
  type OrderColumns,
  type OrderSubmission,
  OUTCOME,
  type RejectCode,
  type RelayedAction,
  type SignerHandle,
  type SignerKey,
  type SubmitReport,
  TIF,
} from '../../port';
import { authorisation, LEVERAGE_DEFAULT, signedCancel, signedLeverage, signedOrder } from '../assumptions';
import { failureOf } from '../classify';
import type { PerpsStudioConfig, PerpsStudioDeps } from '../config';
import type { RequestBudget } from '../key-budget';
import type { OwnOrder, OwnOrders } from '../own-orders';
import { dexOf, symbolOf } from '../symbols';
import type { RestClient, RestOutcome } from '../transport/rest';
import type { PerpsStudioTruth } from '../truth';
import { leveragePath } from '../wire/leverage';
import { ordersPath } from '../wire/place-order';
import { readPlaced } from './order-answer';
import { Report } from './report';
import { Signers } from './signers';

/** Refusals by the nonce alone: the signature before them was good. */
const NONCE_CODES: ReadonlySet<RejectCode> = new Set<RejectCode>(['nonce_duplicate', 'nonce_too_low']);
/** After these nothing signed with the nonce can land any more: what did land shows. */
const PAST_CODES: ReadonlySet<RejectCode> = new Set<RejectCode>([...NONCE_CODES, 'unknown_signer']);

type BatchSink = Parameters<OrderSubmission['submit']>[1];

/** One row of a batch in words. */
interface Row {
  readonly index: number;
  readonly signer: SignerHandle;
  readonly wallet: Address;
  readonly order: OwnOrder;
  readonly type: 'market' | 'limit';
  readonly reduceOnly: boolean;
}

/**
 * Orders one by one inside the key's budget, in the order of the wave. The API has no expiry of actions, so a row whose time passed while it waited is
 * refused here (`expired`) and never sent. An unanswered request is unknown and is never sent again.
 */
export class PerpsStudioSubmission implements OrderSubmission {
  private readonly signers: Signers;
  private closed = false;
  /** The exchange took a leverage as this adapter signs it, or judged its nonce. */
  private leverageTaken = false;

  constructor(
    private readonly config: PerpsStudioConfig,
    private readonly deps: PerpsStudioDeps,
    private readonly rest: RestClient,
    private readonly budget: RequestBudget,
    private readonly own: OwnOrders,
    private readonly truth: PerpsStudioTruth,
  ) {
    this.signers = new Signers(config.network);
  }

  async loadSigners(keys: readonly SignerKey[]): Promise<void> {
    this.signers.load(keys);
  }

  async dropSigners(handles: readonly SignerHandle[]): Promise<void> {
    this.signers.drop(handles);
  }

  async submit(orders: Approved<OrderColumns>, sink: BatchSink): Promise<SubmitReport> {
    const report = new Report(sink);
    let ahead = 0;
    for (let index = 0; index < orders.count; index += 1) if (isExit(orders, index)) ahead += 1;
    this.budget.expect(ahead);
    try {
      await this.submitRows(orders, sink, report, (index) => {
        if (isExit(orders, index)) ahead -= 1;
      });
    } finally {
      this.budget.expect(-ahead);
    }
    return report.done();
  }

  /** `onAsked` is told of each row that asks for a place, or never will. */
  private async submitRows(orders: OrderColumns, sink: BatchSink, report: Report, onAsked: (index: number) => void): Promise<void> {
    const flying = new Set<Promise<void>>();
    const goOn = (): boolean => !this.closed && sink.keepGoing?.() !== false;
    for (let index = 0; index < orders.count; index += 1) {
      const going = goOn();
      const unfit = going ? this.rowOf(orders, index) : null;
      if (unfit !== null && 'outcome' in unfit) {
        // What cannot be sent takes no place from what can.
        onAsked(index);
        if (isExit(orders, index)) this.budget.expect(-1);
        report.take(index, unfit, 0, 0, 0);
        continue;
      }
      if (going) onAsked(index);
      const may = going && (await this.budget.take('orders', this.waitOf(orders, index), isExit(orders, index)));
      // The place may have come late: what stops risk is asked for again before anything is signed.
      if (!goOn()) {
        sink.onWithheld?.(Int32Array.from({ length: orders.count - index }, (_, rest) => index + rest));
        break;
      }
      const row = this.rowOf(orders, index);
      if ('outcome' in row) report.take(index, row, 0, 0, 0);
      else if (!may) report.take(index, rejectedRow(rejectCodeIndex('not_sent'), 'no place in the key’s minute'), 0, 0, 0);
      else {
        const sending: Promise<void> = this.place(row, report).finally(() => flying.delete(sending));
        flying.add(sending);
      }
      if (flying.size >= this.config.maxInFlight) await Promise.race(flying);
    }
    await Promise.all(flying);
  }

  async cancel(signer: SignerHandle, nonce: number, instrument: Instrument, clientOrderId: ClientOrderId): Promise<ActionOutcome> {
    const orderId = Number(this.own.find(clientOrderId)?.orderId ?? Number.NaN);
    if (!Number.isSafeInteger(orderId)) return { kind: 'rejected', code: 'not_sent', text: 'the venue’s id of the order is not known' };
    const action = signedCancel(instrument.assetId, orderId);
    return await this.act(signer, nonce, action, 'DELETE', ordersPath(instrument.dex), { ...marketOf(instrument), orderId: String(orderId) });
  }

  async updateLeverage(signer: SignerHandle, nonce: number, instrument: Instrument, leverage: number, cross: boolean): Promise<ActionOutcome> {
    const action = signedLeverage(instrument.assetId, cross, leverage);
    const body = { ...marketOf(instrument), leverage, marginMode: cross ? 'cross' : 'isolated' };
    const outcome = await this.act(signer, nonce, action, 'POST', leveragePath(instrument.dex), body);
    if (outcome.kind === 'accepted' || (outcome.kind === 'rejected' && NONCE_CODES.has(outcome.code))) this.leverageTaken = true;
    return outcome;
  }

  /**
   * The API offers no `noop`. What takes its place is the leverage that stands already, set again under this nonce: once that is accepted the nonce is
   * spent at the exchange, and nothing else signed with it can land. It is set in a coin the account holds, with the leverage and margin mode it has there;
   * in an account that holds nothing, in the last coin listed, with the exchange's own standard. What a leverage's signature covers is not documented, and an
   * order's is another: a refused one says that the key is powerless only after another was taken.
   */
  async noop(signer: SignerHandle, nonce: number): Promise<ActionOutcome> {
    const outcome = await this.spend(signer, nonce);
    const wallet = this.signers.walletOf(signer);
    if (wallet !== null && outcome.kind === 'accepted') this.own.noteNonce(wallet, nonce, 'free');
    if (wallet !== null && outcome.kind === 'rejected' && PAST_CODES.has(outcome.code)) this.own.noteNonce(wallet, nonce, 'spent');
    if (outcome.kind !== 'rejected' || !outcome.text.startsWith('SIGNATURE_ERROR') || this.leverageTaken) return outcome;
    return { kind: 'unknown', detail: `no signature over a leverage was taken yet: ${outcome.text}` };
  }

  private async spend(signer: SignerHandle, nonce: number): Promise<ActionOutcome> {
    const wallet = this.signers.walletOf(signer);
    if (wallet === null) return { kind: 'rejected', code: 'not_sent', text: 'no such signer' };
    const state = await this.truth.account(wallet, '');
    if (!state.ok) return { kind: 'unknown', detail: `positions could not be read: ${state.error.detail}` };
    const [position] = state.value.positions;
    const held = position === undefined ? undefined : this.truth.instrument(position.coin);
    if (position !== undefined && held !== undefined) return await this.updateLeverage(signer, nonce, held, position.leverage, position.cross);
    const spare = this.truth.listed().findLast(({ dex, delisted, onlyIsolated }) => dex === '' && !delisted && !onlyIsolated);
    if (spare === undefined) return { kind: 'unknown', detail: 'no market is listed yet' };
    return await this.updateLeverage(signer, nonce, spare, Math.min(LEVERAGE_DEFAULT, spare.maxLeverage), true);
  }

  /** Approvals are given at the exchange itself, never through the API. */
  async relay(_signed: RelayedAction): Promise<ActionOutcome> {
    return { kind: 'rejected', code: 'not_sent', text: 'perps.studio takes no wallet approvals: they are given at the exchange' };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** How long a row may wait for its place: no longer than it may be sent. */
  private waitOf({ expiresAfter }: OrderColumns, index: number): number {
    const until = expiresAfter[index] ?? 0;
    const left = until > 0 ? Math.max(0, until - this.deps.clock.now()) : Number.POSITIVE_INFINITY;
    return Math.min(this.config.orderWaitMaxMs, left);
  }

  /** What the API cannot do is refused here. */
  private rowOf(orders: OrderColumns, index: number): Row | RowOutcome {
    const { instrument } = orders;
    const signer = orders.signer[index] ?? -1;
    const wallet = this.signers.walletOf(signer);
    if (wallet === null) return rejectedRow(rejectCodeIndex('not_sent'), 'no such signer');
    if ((orders.builder[index] ?? -1) >= 0) return rejectedRow(rejectCodeIndex('builder_not_approved'), 'the venue takes no builder fee');
    const tif = orders.tif[index];
    if (tif === TIF.alo) return rejectedRow(rejectCodeIndex('other'), 'the venue has no post-only orders');
    const expiresAfter = orders.expiresAfter[index] ?? 0;
    if (expiresAfter > 0 && this.deps.clock.now() > expiresAfter)
      return rejectedRow(rejectCodeIndex('expired'), 'its time passed before it could be sent');
    const order: OwnOrder = {
      clientOrderId: `0x${Buffer.from(orders.clientOrderId.subarray(index * 16, index * 16 + 16)).toString('hex')}`,
      address: wallet,
      instrument,
      buy: orders.buy[index] === 1,
      price: price(BigInt(orders.price[index] ?? 0)),
      lots: orders.lots[index] ?? 0,
      nonce: orders.nonce[index] ?? 0,
      positionBefore: this.own.held(wallet, instrument.coin),
      orderId: null,
      filledLots: 0,
      averagePrice: null,
      answeredAt: 0,
      open: true,
      fills: null,
      nonceSpent: false,
      told: false,
    };
    return { index, signer, wallet, order, type: tif === TIF.gtc ? 'limit' : 'market', reduceOnly: orders.reduceOnly[index] === 1 };
  }

  /** Signs and sends a row that has its place in the budget. */
  private async place(row: Row, report: Report): Promise<void> {
    const { order, type, reduceOnly, signer, wallet } = row;
    const { instrument, nonce } = order;
    const amounts = { price: formatDecimal(order.price, UNIT_SCALE), size: formatDecimal(fromLots(instrument, order.lots), UNIT_SCALE) };
    const signature = await this.signers.sign(
      signer,
      signedOrder({ assetId: instrument.assetId, buy: order.buy, ...amounts, reduceOnly, type }),
      nonce,
    );
    if (signature === null) return report.take(row.index, rejectedRow(rejectCodeIndex('not_sent'), 'no such signer'), 0, 0, 0);
    const signedAt = this.deps.clock.now();
    const side = order.buy ? 'buy' : 'sell';
    const body = { ...marketOf(instrument), side, type, ...amounts, reduceOnly, ...authorisation(wallet, nonce, signature) };
    const known = this.own.find(order.clientOrderId) === undefined;
    if (known) this.own.add(order);
    const sent = await this.rest.sendNow({
      method: 'POST',
      path: ordersPath(instrument.dex),
      body,
      of: 'orders',
      waitMaxMs: 0,
      timeoutMs: this.config.answerTimeoutMs,
    });
    const outcome = readPlaced(sent, instrument.szDecimals, order.lots, type === 'market');
    if (known) this.takeAnswer(order, outcome, sent);
    report.take(row.index, outcome, signedAt, sent.kind === 'not_sent' ? 0 : sent.sentAt, sent.kind === 'answer' ? sent.answeredAt : 0);
  }

  private takeAnswer(order: OwnOrder, outcome: RowOutcome, sent: RestOutcome): void {
    if (outcome.outcome === OUTCOME.unknown)
      this.deps.log({ level: 'warn', event: 'order_unanswered', fields: { coin: order.instrument.coin, detail: outcome.detail } });
    if (outcome.outcome !== OUTCOME.unknown) order.open = false;
    if (outcome.orderId === 0) return;
    this.own.bind(order, String(outcome.orderId));
    if (outcome.outcome === OUTCOME.unknown) return;
    order.filledLots = outcome.filledLots;
    order.averagePrice = outcome.averagePrice > 0 ? price(BigInt(outcome.averagePrice)) : null;
    order.answeredAt = sent.kind === 'answer' ? sent.answeredAt : this.deps.clock.now();
    this.own.carry(order, fromLots(order.instrument, outcome.filledLots));
  }

  /** Signs and sends an action that is no order. */
  private async act(
    signer: SignerHandle,
    nonce: number,
    action: Readonly<Record<string, unknown>>,
    method: 'POST' | 'DELETE',
    path: string,
    fields: object,
  ): Promise<ActionOutcome> {
    const wallet = this.signers.walletOf(signer);
    const signature = await this.signers.sign(signer, action, nonce);
    if (wallet === null || signature === null) return { kind: 'rejected', code: 'not_sent', text: 'no such signer' };
    const body = { ...fields, ...authorisation(wallet, nonce, signature) };
    const { orderWaitMaxMs: waitMaxMs, answerTimeoutMs: timeoutMs } = this.config;
    const sent = await this.rest.send({ method, path, body, of: 'orders', waitMaxMs, timeoutMs });
    if (sent.kind === 'not_sent') return { kind: 'rejected', code: 'not_sent', text: sent.detail };
    if (sent.kind === 'lost') return { kind: 'unknown', detail: sent.detail };
    if (sent.status >= 200 && sent.status <= 299) return { kind: 'accepted', response: sent.body };
    const failure = failureOf(sent.status, sent.body);
    return failure.kind === 'unknown' ? { kind: 'unknown', detail: failure.text } : failure;
  }
}

/** What takes risk off its copy, also where the venue would not call it a reduction. */
const isExit = ({ exit, reduceOnly }: OrderColumns, index: number): boolean => (exit ?? reduceOnly)[index] === 1;

/** How a body names a market. */
function marketOf({ coin }: Instrument): { readonly symbol: string; readonly dex?: string } {
  const dex = dexOf(coin);
  return { symbol: symbolOf(dex, coin), ...(dex === '' ? {} : { dex }) };
}
