import { formatPrice, formatSize, fromLots, must, type Price, parsePrice, parseSize, price, toLots } from '@lockstep/kernel';
import {
  type OrderColumns,
  type OrderSubmission,
  OUTCOME,
  type OutcomeColumns,
  REJECT_CODES,
  type RejectCode,
  type RelayedAction,
  type SignerHandle,
  type SignerKey,
  type SubmitReport,
} from '@lockstep/venues/port';
import type { VirtualProcess } from '../clock/virtual-time';
import { asObject, asText, asWhole } from '../exchange/json';
import type { ExchangeAnswer, Json, Submission } from '../exchange/port';
import { type Asking, statusesOf } from './ask';
import { refusalOf } from './refusals';
import type { AnswerKind, HandedOrder, Traffic } from './traffic';

export interface SubmissionTerms {
  /** Orders that leave together, after which it is asked whether to go on. */
  readonly chunk: number;
  /** Time between two chunks, in ms: what signing takes. */
  readonly chunkMs: number;
}

type Sink = Parameters<OrderSubmission['submit']>[1];

interface Signer {
  readonly address: string;
  readonly actingFor: string | null;
}

const TIFS = ['ioc', 'gtc', 'alo'] as const;
export const WIRE_TIFS = { ioc: 'Ioc', gtc: 'Gtc', alo: 'Alo' } as const;

/** Sends orders to a world as one action each, in chunks. Each row has exactly one outcome. */
export class WorldOrders implements OrderSubmission {
  private readonly signers = new Map<SignerHandle, Signer>();

  constructor(
    private readonly asking: Asking,
    private readonly process: VirtualProcess,
    private readonly terms: SubmissionTerms,
    private readonly traffic: Traffic,
  ) {}

  loadSigners(keys: readonly SignerKey[]): Promise<void> {
    for (const key of keys) {
      key.privateKey.fill(0);
      this.signers.set(key.handle, { address: key.agentAddress.toLowerCase(), actingFor: key.actingFor?.toLowerCase() ?? null });
    }
    return Promise.resolve();
  }

  dropSigners(handles: readonly SignerHandle[]): Promise<void> {
    for (const handle of handles) this.signers.delete(handle);
    return Promise.resolve();
  }

  submit(orders: OrderColumns, sink: Sink): Promise<SubmitReport> {
    return new Promise((resolve) => new Batch(this, orders, sink, resolve).next());
  }

  async cancel(signer: SignerHandle, nonce: number, instrument: OrderColumns['instrument'], clientOrderId: string) {
    const action = { type: 'cancelByCloid', cancels: [{ asset: instrument.assetId, cloid: clientOrderId }] };
    return this.asking.act('cancel', this.signed(signer, nonce, action));
  }

  async updateLeverage(signer: SignerHandle, nonce: number, instrument: OrderColumns['instrument'], leverage: number, cross: boolean) {
    return this.asking.act('leverage', this.signed(signer, nonce, { type: 'updateLeverage', asset: instrument.assetId, isCross: cross, leverage }));
  }

  noop(signer: SignerHandle, nonce: number) {
    return this.asking.act('noop', this.signed(signer, nonce, { type: 'noop' }));
  }

  /** Nothing is signed here: in place of a signature's `r` stands the wallet that gave it. */
  relay({ action, nonce, signature }: RelayedAction) {
    return this.asking.act('approval', { signer: signature.r, action: asJson(action), nonce, vaultAddress: null, expiresAfter: null });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** An action as a signer of this connection sends it. */
  signed(handle: SignerHandle, nonce: number, action: Json, expiresAfter: number | null = null): Submission {
    const signer = this.signers.get(handle);
    must(signer !== undefined, `signer ${handle} was loaded`);
    return { signer: signer.address, action, nonce, vaultAddress: signer.actingFor, expiresAfter };
  }

  /** Sends the rows of a chunk. */
  leave(orders: OrderColumns, row: number, ended: (row: number, end: RowEnd) => void): void {
    const handed = handedOf(orders, row, (handle) => this.signers.get(handle));
    const sentAt = this.process.now();
    if (handed === null) {
      this.process.soon(() => ended(row, { ...NOTHING, outcome: OUTCOME.rejected, code: 'not_sent' }));
      return;
    }
    this.traffic.handed(handed);
    const { instrument } = orders;
    const order = {
      a: instrument.assetId,
      b: handed.buy,
      p: formatPrice(price(handed.price)),
      s: formatSize(fromLots(instrument, orders.lots[row] ?? 0)),
      r: handed.reduceOnly,
      t: { limit: { tif: WIRE_TIFS[handed.tif] } },
      c: handed.clientOrderId,
    };
    const builder = orders.builders[orders.builder[row] ?? -1];
    const action: Json = {
      type: 'order',
      orders: [order],
      grouping: 'na',
      ...(builder === undefined ? {} : { builder: { b: builder, f: orders.builderFee[row] ?? 0 } }),
    };
    const submission: Submission = {
      signer: handed.signer,
      action,
      nonce: handed.nonce,
      vaultAddress: handed.actingFor,
      expiresAfter: handed.expiresAfter === 0 ? null : handed.expiresAfter,
    };
    this.asking.submit({ kind: 'order', clientOrderId: handed.clientOrderId }, submission, (answer) => {
      const end = rowEndOf(orders, answer);
      this.traffic.answered(handed.clientOrderId, saidOf(end));
      ended(row, { ...end, sentAt });
    });
  }

  get chunk(): number {
    return this.terms.chunk;
  }

  later(work: () => void): void {
    this.process.after(this.terms.chunkMs, work);
  }

  now(): number {
    return this.process.now();
  }
}

/** A message's fields are plain values. */
const asJson = (action: RelayedAction['action']): Json => JSON.parse(JSON.stringify(action));

const KINDS: Readonly<Record<number, AnswerKind>> = {
  [OUTCOME.filled]: 'filled',
  [OUTCOME.resting]: 'resting',
  [OUTCOME.rejected]: 'rejected',
  [OUTCOME.unknown]: 'unknown',
};

/** What an answer says of an order. A nonce that was used before says nothing: the same action may have reached the venue earlier. */
const saidOf = ({ outcome, code }: RowEnd): AnswerKind =>
  outcome === OUTCOME.rejected && code === 'nonce_duplicate' ? 'unknown' : (KINDS[outcome] ?? 'unknown');

interface RowEnd {
  readonly outcome: number;
  readonly code: RejectCode;
  readonly lots: number;
  readonly averagePrice: Price;
  readonly orderId: number;
  readonly sentAt: number;
}

const NOTHING: RowEnd = { outcome: OUTCOME.unknown, code: 'none', lots: 0, averagePrice: price(0n), orderId: 0, sentAt: 0 };

function rowEndOf(orders: OrderColumns, answer: ExchangeAnswer | 'silent' | 'unsent'): RowEnd {
  if (answer === 'silent') return NOTHING;
  if (answer === 'unsent') return { ...NOTHING, outcome: OUTCOME.rejected, code: 'not_sent' };
  if (answer.status === 'err') return { ...NOTHING, outcome: OUTCOME.rejected, code: refusalOf(answer.response) };
  const status = asObject(statusesOf(answer.response)[0]);
  const error = asText(status?.error);
  if (error !== null) return { ...NOTHING, outcome: OUTCOME.rejected, code: refusalOf(error) };
  const filled = asObject(status?.filled);
  if (filled !== null) {
    const size = parseSize(asText(filled.totalSz) ?? '');
    const average = parsePrice(asText(filled.avgPx) ?? '');
    must(size.ok && average.ok, 'the world tells how much filled at which price');
    return {
      ...NOTHING,
      outcome: OUTCOME.filled,
      lots: toLots(orders.instrument, size.value),
      averagePrice: average.value,
      orderId: asWhole(filled.oid) ?? 0,
    };
  }
  const resting = asObject(status?.resting);
  return resting === null ? NOTHING : { ...NOTHING, outcome: OUTCOME.resting, orderId: asWhole(resting.oid) ?? 0 };
}

function handedOf(orders: OrderColumns, row: number, signerOf: (handle: SignerHandle) => Signer | undefined): HandedOrder | null {
  const signer = signerOf(orders.signer[row] ?? -1);
  if (signer === undefined) return null;
  return {
    signer: signer.address,
    actingFor: signer.actingFor,
    coin: orders.instrument.coin,
    buy: orders.buy[row] === 1,
    price: BigInt(orders.price[row] ?? 0),
    size: fromLots(orders.instrument, orders.lots[row] ?? 0),
    reduceOnly: orders.reduceOnly[row] === 1,
    tif: TIFS[orders.tif[row] ?? 0] ?? 'ioc',
    clientOrderId: `0x${Buffer.from(orders.clientOrderId.subarray(row * 16, row * 16 + 16)).toString('hex')}`,
    nonce: orders.nonce[row] ?? 0,
    expiresAfter: orders.expiresAfter[row] ?? 0,
  };
}

/** One call of `submit` on its way. */
class Batch {
  private at = 0;
  private open: number;
  private readonly report = { accepted: 0, rejected: 0, unknown: 0, firstSentAt: 0, lastSentAt: 0, lastAnsweredAt: 0 };

  constructor(
    private readonly venue: WorldOrders,
    private readonly orders: OrderColumns,
    private readonly sink: Sink,
    private readonly done: (report: SubmitReport) => void,
  ) {
    this.open = orders.count;
  }

  next(): void {
    const { orders, sink, venue } = this;
    if (this.at >= orders.count) {
      sink.onAllLeft?.();
      this.settle();
      return;
    }
    if (sink.keepGoing?.() === false) {
      const rows = Int32Array.from({ length: orders.count - this.at }, (_, index) => this.at + index);
      this.open -= rows.length;
      this.at = orders.count;
      sink.onWithheld?.(rows);
      sink.onAllLeft?.();
      this.settle();
      return;
    }
    const end = Math.min(orders.count, this.at + venue.chunk);
    for (; this.at < end; this.at += 1) venue.leave(orders, this.at, (row, how) => this.take(row, how));
    venue.later(() => this.next());
  }

  private take(row: number, end: RowEnd): void {
    const { report } = this;
    const now = this.venue.now();
    this.sink.onOutcomes(columnsOf(row, end, now));
    if (end.outcome === OUTCOME.filled || end.outcome === OUTCOME.resting) report.accepted += 1;
    else if (end.outcome === OUTCOME.rejected) report.rejected += 1;
    else report.unknown += 1;
    if (end.sentAt > 0 && report.firstSentAt === 0) report.firstSentAt = end.sentAt;
    report.lastSentAt = Math.max(report.lastSentAt, end.sentAt);
    report.lastAnsweredAt = now;
    this.open -= 1;
    this.settle();
  }

  private settle(): void {
    if (this.open === 0 && this.at >= this.orders.count) this.done(this.report);
  }
}

function columnsOf(row: number, end: RowEnd, answeredAt: number): OutcomeColumns {
  return {
    count: 1,
    row: Int32Array.of(row),
    outcome: Uint8Array.of(end.outcome),
    rejectCode: Uint8Array.of(REJECT_CODES.indexOf(end.code)),
    filledLots: Float64Array.of(end.lots),
    averagePrice: Float64Array.of(Number(end.averagePrice)),
    orderId: Float64Array.of(end.orderId),
    signedAt: Float64Array.of(end.sentAt),
    sentAt: Float64Array.of(end.sentAt),
    answeredAt: Float64Array.of(answeredAt),
  };
}
