import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from '@lockstep/kernel';
import {
  type Address,
  type ExchangeAnswer,
  type Json,
  readSignedRequest,
  type SignedRequest,
  type TextForm,
  type VerifyError,
} from '@lockstep/simulation';
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
  const { hall, body, text, form } = arrival;
  const read = readSignedRequest(body);
  if (!read.ok || !hall.world.accepts(read.value.action)) return reply(unreadable());
  const request = read.value;
  const fault = hall.faults.draw('exchange', request.action.type);
  const early = fault?.when === 'before' ? fault : null;
  const late = fault?.when === 'after' ? fault : null;
  const land = (): void => {
    void hall.verifier.signerOf({ request, text, form, testnet: hall.world.testnet }).then((signer) => admit(hall, request, signer, late, reply));
  };
  if (early === null) return land();
  strike(early, reply, land);
}

function admit(hall: Hall, request: SignedRequest, signer: Result<Address, VerifyError>, late: FaultOrder | null, reply: OnReply): void {
  if (!signer.ok) return reply(unsigned(signer.error));
  const { action, nonce, vaultAddress, expiresAfter } = request;
  hall.world.submitWith({ signer: signer.value, action, nonce, vaultAddress, expiresAfter }, (answer) => {
    hall.counters.actions += 1;
    if (answer.status === 'err') hall.counters.refused += 1;
    const plain = (): void => reply(verdict(answer));
    if (late === null) return plain();
    strike(late, reply, plain);
  });
}

const verdict = (answer: ExchangeAnswer): Answer => jsonAnswer(JSON.stringify(answer));

function unsigned(error: VerifyError): Answer {
  if (error === 'busy') return statusAnswer(503);
  return jsonAnswer(JSON.stringify({ status: 'err', response: 'Unable to recover signer.' }));
}

/** Answers a read at once from the world's present state. */
export function answerInfo({ hall, body }: Arrival, reply: OnReply): void {
  if (!isInfoRequest(body)) return reply(unreadable());
  hall.counters.infos += 1;
  const plain = (): void => {
    const answer = hall.world.info(body);
    reply(answer.status === 200 ? jsonAnswer(JSON.stringify(answer.body)) : textAnswer(422, answer.body));
  };
  const fault = hall.faults.draw('info', body.type);
  if (fault === null) return plain();
  strike(fault, reply, plain);
}

function isInfoRequest(body: unknown): body is { readonly type: string; readonly [key: string]: Json } {
  return typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string';
}

/** Plays a fault; `plain` follows where the fault only delays, or has no meaning for requests. */
function strike({ effect }: FaultOrder, reply: OnReply, plain: () => void): void {
  switch (effect.kind) {
    case 'silence':
    case 'hang_up':
      return reply({ kind: effect.kind });
    case 'status':
      return reply(statusAnswer(effect.status));
    case 'delay':
      void sleep(effect.delayMs).then(plain);
      return;
    case 'duplicate':
      return plain();
  }
}
