import { type ActionJson, actionWeight, readSignedRequest } from '@lockstep/simulation';
import { z } from 'zod';
import type { Reply } from '../reply';
import { parseJson } from '../request-body';
import { answerExchange } from '../venue-request';
import { fromExchangeText, type ProviderAnswer, refusal } from './errors';
import { failureOf, kept, type Read, UPSTREAM_BUSY, UPSTREAM_IP, type Upstream } from './upstream';
import * as shapes from './upstream-shapes';

/** Whether signatures are recovered and must be an agent's of the wallet, or only have to be there: then the wallet itself acts. */
export type SignatureMode = 'strict' | 'presence';

/** An action the API submits for a wallet, with the wallet's authorisation. */
export interface AuthorisedAction {
  readonly action: ActionJson;
  readonly wallet: string;
  readonly signature: string;
  readonly nonce: number;
}

const verdict = z.union([z.object({ status: z.literal('ok'), response: z.unknown() }), z.object({ status: z.literal('err'), response: z.string() })]);

/** Sends an action to the exchange and gives its response, or the refusal in the API's words. */
export async function submitAction(upstream: Upstream, mode: SignatureMode, given: AuthorisedAction): Promise<Read<unknown>> {
  const { hall, limits } = upstream;
  if (!limits.takeWeight(UPSTREAM_IP, actionWeight({ action: given.action }))) return { ok: false, answer: UPSTREAM_BUSY };
  const { action, nonce, wallet } = given;
  if (mode === 'presence') {
    const answer = await hall.world.submit({ signer: wallet, action, nonce, vaultAddress: null, expiresAfter: null });
    return answer.status === 'ok' ? { ok: true, value: answer.response } : { ok: false, answer: fromExchangeText(answer.response) };
  }
  const body = { action, nonce, signature: partsOf(given.signature) };
  const wrong = await signerProblem(upstream, body, wallet);
  if (wrong !== null) return { ok: false, answer: wrong };
  const reply = await new Promise<Reply>((resolve) => answerExchange({ hall, body, text: JSON.stringify(body), form: 'body' }, resolve));
  const failed = failureOf(reply);
  if (failed !== null) return { ok: false, answer: failed };
  const read = verdict.safeParse(reply.kind === 'answer' ? parseJson(reply.body) : undefined);
  if (!read.success) return { ok: false, answer: refusal('PROVIDER_ERROR', 'unexpected upstream answer') };
  return read.data.status === 'ok' ? { ok: true, value: read.data.response } : { ok: false, answer: fromExchangeText(read.data.response) };
}

/** r, s and v of a 65-byte signature. */
function partsOf(signature: string) {
  const v = Number.parseInt(signature.slice(130), 16);
  return { r: `0x${signature.slice(2, 66)}`, s: `0x${signature.slice(66, 130)}`, v: v < 27 ? v + 27 : v };
}

/** Null when the action was signed by the wallet or by an agent of it. An agent that has expired is told apart from a stranger. */
async function signerProblem(upstream: Upstream, body: unknown, wallet: string): Promise<ProviderAnswer | null> {
  const { hall } = upstream;
  const request = readSignedRequest(body);
  if (!request.ok) return refusal('INVALID_PARAMS', 'the request cannot be submitted');
  const signer = await hall.verifier.signerOf({ request: request.value, text: JSON.stringify(body), form: 'body', testnet: hall.world.testnet });
  if (!signer.ok) return signer.error === 'busy' ? UPSTREAM_BUSY : refusal('SIGNATURE_ERROR', 'Unable to recover signer.');
  if (signer.value === wallet) return null;
  const role = kept(hall, { type: 'userRole', user: signer.value }, shapes.role);
  if (!role.ok) return role.answer;
  if (role.value.role === 'agent' && role.value.data?.user === wallet) return null;
  return hasExpired(upstream, signer.value, wallet)
    ? refusal('SESSION_EXPIRED', 'The agent wallet has expired and must be approved again')
    : refusal('SIGNATURE_ERROR', `Signature is not from an agent of ${wallet}`);
}

const truth = z.object({ agents: z.array(z.object({ address: z.string(), validUntil: z.number() })).default([]) });

function hasExpired({ hall }: Upstream, agent: string, wallet: string): boolean {
  const known = truth.safeParse(hall.world.control.truth(wallet));
  return known.success && known.data.agents.some(({ address, validUntil }) => address === agent && validUntil <= hall.world.now());
}
