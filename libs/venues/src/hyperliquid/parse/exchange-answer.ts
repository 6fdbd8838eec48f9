import { type Instrument, price, size } from '@lockstep/kernel';
import { type ActionOutcome, OUTCOME, type WorkingOutcome } from '../../port';
import { classifyReject, rejectCodeIndex } from '../classify';
import { isObject, type JsonObject, scaledNumber } from './json';

/** What came back for a posted request: the body of `/exchange`, or the transport's own refusal. */
export type PostAnswer = { readonly kind: 'body'; readonly body: unknown } | { readonly kind: 'refused'; readonly text: string };

/** The outcome of one order row. `unknown` for every answer this code does not understand: never read as a refusal. */
export interface RowOutcome {
  readonly outcome: number;
  readonly rejectCode: number;
  readonly filledLots: number;
  readonly averagePrice: number;
  readonly orderId: number;
  /** The venue's text of a refusal, or what was not understood; empty otherwise. */
  readonly detail: string;
}

export function unknownRow(detail: string): RowOutcome {
  return { outcome: OUTCOME.unknown, rejectCode: 0, filledLots: 0, averagePrice: 0, orderId: 0, detail };
}

export function rejectedRow(code: number, detail: string): RowOutcome {
  return { outcome: OUTCOME.rejected, rejectCode: code, filledLots: 0, averagePrice: 0, orderId: 0, detail };
}

/** Reads the answer to an action with a single order whose size has `szDecimals` decimals. */
export function readOrderAnswer(answer: PostAnswer, szDecimals: number): RowOutcome {
  if (answer.kind === 'refused') return refusedRow(answer.text);
  const body = answer.body;
  if (!isObject(body)) return unknownRow('answer is no object');
  if (body.status === 'err' && typeof body.response === 'string') return textRow(body.response);
  const status = body.status === 'ok' ? firstStatus(body.response) : undefined;
  if (status === 'waitingForTrigger' || status === 'waitingForFill') return restingRow(0);
  if (!isObject(status)) return unknownRow('answer carries no order status');
  if (typeof status.error === 'string') return textRow(status.error);
  if (isObject(status.resting)) return restingRow(orderIdOf(status.resting));
  if (isObject(status.filled)) return filledRow(status.filled, szDecimals);
  return unknownRow('order status of an unknown kind');
}

/** Reads the answer to any other action: accepted unless the venue names a reason, `unknown` when it cannot be read. */
export function readActionAnswer(answer: PostAnswer): ActionOutcome {
  if (answer.kind === 'refused') {
    const refused = refusedRow(answer.text);
    if (refused.outcome === OUTCOME.unknown) return { kind: 'unknown', detail: answer.text };
    return { kind: 'rejected', code: classifyReject(answer.text), text: answer.text };
  }
  const body = answer.body;
  if (!isObject(body)) return { kind: 'unknown', detail: 'answer is no object' };
  if (body.status === 'err' && typeof body.response === 'string') return rejected(body.response);
  if (body.status !== 'ok') return { kind: 'unknown', detail: 'answer without a status' };
  const status = firstStatus(body.response);
  if (isObject(status) && typeof status.error === 'string') return rejected(status.error);
  return { kind: 'accepted', response: body.response };
}

/** The envelope of an answer to an action of several orders: `accepted` only says that the venue answers for each of them. */
export function readEnvelope(answer: PostAnswer): ActionOutcome {
  if (answer.kind === 'refused') return readActionAnswer(answer);
  const { body } = answer;
  if (!isObject(body)) return { kind: 'unknown', detail: 'answer is no object' };
  if (body.status === 'err' && typeof body.response === 'string') return rejected(body.response);
  return body.status === 'ok' ? { kind: 'accepted', response: body.response } : { kind: 'unknown', detail: 'answer without a status' };
}

/** What became of each order of an action, by position. A refused or unreadable envelope speaks for all of them. */
export function workingOutcomes(envelope: ActionOutcome, instruments: readonly Instrument[]): readonly WorkingOutcome[] {
  if (envelope.kind !== 'accepted') return instruments.map(() => envelope);
  const statuses = statusesOf(envelope.response);
  return instruments.map((instrument, index) => workingOutcome(statuses?.[index], instrument));
}

function workingOutcome(status: unknown, { szDecimals }: Instrument): WorkingOutcome {
  if (status === 'waitingForTrigger') return { kind: 'resting', orderId: null, waitsFor: 'trigger' };
  if (status === 'waitingForFill') return { kind: 'resting', orderId: null, waitsFor: 'entry' };
  if (!isObject(status)) return { kind: 'unknown', detail: 'answer carries no status of the order' };
  if (typeof status.error === 'string') return { kind: 'rejected', code: classifyReject(status.error), text: status.error };
  if (isObject(status.resting)) return { kind: 'resting', orderId: String(orderIdOf(status.resting)), waitsFor: null };
  if (!isObject(status.filled)) return { kind: 'unknown', detail: 'order status of an unknown kind' };
  const row = filledRow(status.filled, szDecimals);
  if (row.outcome !== OUTCOME.filled) return { kind: 'unknown', detail: row.detail };
  const filled = size(BigInt(row.filledLots) * 10n ** BigInt(8 - szDecimals));
  return { kind: 'filled', orderId: String(row.orderId), size: filled, averagePrice: price(BigInt(row.averagePrice)) };
}

/** What became of each cancel of an action, by position. */
export function cancelOutcomes(envelope: ActionOutcome, count: number): readonly ActionOutcome[] {
  const statuses = envelope.kind === 'accepted' ? statusesOf(envelope.response) : null;
  return Array.from({ length: count }, (_, index): ActionOutcome => {
    if (envelope.kind !== 'accepted') return envelope;
    const status = statuses?.[index];
    if (status === 'success') return { kind: 'accepted', response: status };
    if (isObject(status) && typeof status.error === 'string') return rejected(status.error);
    return { kind: 'unknown', detail: 'answer carries no status of the cancel' };
  });
}

/** A refusal before the venue looked at the action: 4xx and a full window are certain, anything else is not. */
function refusedRow(text: string): RowOutcome {
  return /^4\d\d|^too many pending post requests/i.test(text) ? textRow(text) : unknownRow(text);
}

function rejected(text: string): ActionOutcome {
  return { kind: 'rejected', code: classifyReject(text), text };
}

function textRow(text: string): RowOutcome {
  return rejectedRow(rejectCodeIndex(classifyReject(text)), text);
}

function restingRow(orderId: number): RowOutcome {
  return { outcome: OUTCOME.resting, rejectCode: 0, filledLots: 0, averagePrice: 0, orderId, detail: '' };
}

function filledRow(filled: JsonObject, szDecimals: number): RowOutcome {
  const filledLots = scaledNumber(filled.totalSz, szDecimals);
  const averagePrice = scaledNumber(filled.avgPx, 8);
  if (filledLots === null || averagePrice === null) return unknownRow('filled without a readable size and price');
  return { outcome: OUTCOME.filled, rejectCode: 0, filledLots, averagePrice, orderId: orderIdOf(filled), detail: '' };
}

function orderIdOf(status: JsonObject): number {
  return typeof status.oid === 'number' ? status.oid : 0;
}

function firstStatus(response: unknown): unknown {
  return statusesOf(response)?.[0];
}

function statusesOf(response: unknown): readonly unknown[] | null {
  if (!isObject(response) || !isObject(response.data) || !Array.isArray(response.data.statuses)) return null;
  return response.data.statuses;
}
