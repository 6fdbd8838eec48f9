import { type ExchangeAnswer, type Json, readSignedRequest, type SignedRequest, type TextForm, type VerifyError } from '@lockstep/simulation';
import type { FaultOrder, FaultTransport } from './faults';
import type { Hall } from './halls';
import { type Answer, jsonAnswer, statusAnswer, textAnswer, unreadable } from './reply';
import { type OnReply, refusal, strike } from './strike';

/** A request as it arrived by either transport: the parsed body, and the text it was read from. */
export interface Arrival {
  readonly hall: Hall;
  readonly body: unknown;
  readonly text: string;
  readonly form: TextForm;
}

const transportOf = (form: TextForm): FaultTransport => (form === 'body' ? 'http' : 'socket');

/** Recovers the signer, lets the action into the next block and answers after that block; faults may strike on either side. */
export function answerExchange(arrival: Arrival, reply: OnReply): void {
  const { hall, body, form } = arrival;
  const read = readSignedRequest(body);
  if (!read.ok || !hall.world.accepts(read.value.action)) {
    reply(unreadable());
    return;
  }
  const request = read.value;
  const fault = hall.faults.draw({ target: 'exchange', type: request.action.type, transport: transportOf(form) });
  const late = fault?.when === 'after' ? fault : null;
  const land = (answered: OnReply): void => void recoverAndAdmit(arrival, request, late, answered);
  if (fault?.when === 'before') strike(fault, reply, land);
  else land(reply);
}

async function recoverAndAdmit({ hall, text, form }: Arrival, request: SignedRequest, late: FaultOrder | null, reply: OnReply): Promise<void> {
  const signed = { request, text, form, testnet: hall.world.testnet };
  const signer = await hall.verifier.signerOf(signed);
  if (!signer.ok) {
    reply(unsigned(signer.error));
    return;
  }
  const { action, nonce, vaultAddress, expiresAfter } = request;
  const cosigners = hall.verifier.cosignersOf(signed);
  const judgedBy = hall.requestTime === undefined ? {} : { requestTime: hall.requestTime };
  hall.world.submitWith({ signer: signer.value, action, nonce, vaultAddress, expiresAfter, cosigners, ...judgedBy }, (answer) => {
    hall.counters.actions += 1;
    if (answer.status === 'err') hall.counters.refused += 1;
    if (late === null) reply(verdict(answer));
    else strike(late, reply, (struck) => struck(verdict(answer)));
  });
}

const verdict = (answer: ExchangeAnswer): Answer => jsonAnswer(JSON.stringify(answer));

function unsigned(error: VerifyError): Answer {
  if (error === 'busy') return statusAnswer(503);
  return refusal('Unable to recover signer.');
}

/** Answers a read at once from the world's present state. */
export function answerInfo({ hall, body, form }: Arrival, reply: OnReply): void {
  if (!isInfoRequest(body)) {
    reply(unreadable());
    return;
  }
  hall.counters.infos += 1;
  const plain = (answered: OnReply): void => {
    const answer = hall.world.info(body);
    answered(answer.status === 200 ? jsonAnswer(JSON.stringify(answer.body)) : textAnswer(422, answer.body));
  };
  const fault = hall.faults.draw({ target: 'info', type: body.type, transport: transportOf(form) });
  if (fault === null) plain(reply);
  else strike(fault, reply, plain);
}

function isInfoRequest(body: unknown): body is { readonly type: string; readonly [key: string]: Json } {
  return typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string';
}
