import { type ActionOutcome, OUTCOME } from '../../port';
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
  if (!isObject(response) || !isObject(response.data) || !Array.isArray(response.data.statuses)) return undefined;
  const first: unknown = response.data.statuses[0];
  return first;
}
