import { type ExchangeAnswer, type Json, readSignedRequest, type SignedRequest, type TextForm, type VerifyError } from '@lockstep/simulation';
import type { FaultOrder } from './faults';
import type { Hall } from './halls';
import { type Answer, jsonAnswer, type Reply, statusAnswer, textAnswer, unreadable } from './reply';

/** A request as it arrived by either transport: the parsed body, and the text it was read from. */
export interface Arrival {
  readonly hall: Hall;
  readonly body: unknown;
  readonly text: string;
  readonly form: TextForm;
}

/** Takes the one reply of a request. Called while the block ends, so that answers leave before the frames of that block. */
export type OnReply = (reply: Reply) => void;

/** Recovers the signer, lets the action into the next block and answers after that block; faults may strike on either side. */
export function answerExchange(arrival: Arrival, reply: OnReply): void {
  const { hall, body } = arrival;
  const read = readSignedRequest(body);
  if (!read.ok || !hall.world.accepts(read.value.action)) {
    reply(unreadable());
    return;
  }
  const request = read.value;
  const fault = hall.faults.draw('exchange', request.action.type);
  const land = (): void => void recoverAndAdmit(arrival, request, fault?.when === 'after' ? fault : null, reply);
  if (fault?.when === 'before') strike(fault, reply, land);
  else land();
}

async function recoverAndAdmit({ hall, text, form }: Arrival, request: SignedRequest, late: FaultOrder | null, reply: OnReply): Promise<void> {
  const signer = await hall.verifier.signerOf({ request, text, form, testnet: hall.world.testnet });
  if (!signer.ok) {
    reply(unsigned(signer.error));
    return;
  }
  const { action, nonce, vaultAddress, expiresAfter } = request;
  hall.world.submitWith({ signer: signer.value, action, nonce, vaultAddress, expiresAfter }, (answer) => {
    hall.counters.actions += 1;
    if (answer.status === 'err') hall.counters.refused += 1;
    const plain = (): void => reply(verdict(answer));
    if (late === null) plain();
    else strike(late, reply, plain);
  });
}

const verdict = (answer: ExchangeAnswer): Answer => jsonAnswer(JSON.stringify(answer));

function unsigned(error: VerifyError): Answer {
  if (error === 'busy') return statusAnswer(503);
  return jsonAnswer(JSON.stringify({ status: 'err', response: 'Unable to recover signer.' }));
}

/** Answers a read at once from the world's present state. */
export function answerInfo({ hall, body }: Arrival, reply: OnReply): void {
  if (!isInfoRequest(body)) {
    reply(unreadable());
    return;
  }
  hall.counters.infos += 1;
  const plain = (): void => {
    const answer = hall.world.info(body);
    reply(answer.status === 200 ? jsonAnswer(JSON.stringify(answer.body)) : textAnswer(422, answer.body));
  };
  const fault = hall.faults.draw('info', body.type);
  if (fault === null) plain();
  else strike(fault, reply, plain);
}

function isInfoRequest(body: unknown): body is { readonly type: string; readonly [key: string]: Json } {
  return typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string';
}

/** Plays a fault; `plain` follows where the fault only delays, or has no meaning for requests. */
function strike({ effect }: FaultOrder, reply: OnReply, plain: () => void): void {
  switch (effect.kind) {
    case 'silence':
    case 'hang_up':
      reply({ kind: effect.kind });
      break;
    case 'status':
      reply(statusAnswer(effect.status));
      break;
    case 'delay':
      setTimeout(plain, effect.delayMs);
      break;
    case 'duplicate':
      plain();
  }
}
