import { actedFor } from './acting';
import type { Actor, PreparedAction } from './actions/prepared';
import { signerAccount } from './agents';
import { checkEnvelope } from './envelope';
import { type Exchange, nonceSetOf } from './exchange';
import type { ExchangeAnswer, Submission } from './port';
import { chargeRequests, chargeStale } from './request-budget';
import { mustDeposit, REQUEST_TEXTS, unknownVault, unknownWallet } from './texts';

/** Runs one submission: who signed, is it still wanted, is the nonce good, may the address ask; then the action itself. */
export function runSubmission(ex: Exchange, submission: Submission, action: PreparedAction): ExchangeAnswer {
  const actor = identify(ex, submission, action);
  if (typeof actor === 'string') return refuse(actor);
  const now = submission.requestTime?.() ?? ex.time;
  if (submission.expiresAfter !== null && now > submission.expiresAfter) {
    chargeStale(actor.owner, action);
    return refuse(REQUEST_TEXTS.expired);
  }
  const mismatch = action.ownerOnly ? checkEnvelope(ex, submission.action, submission.nonce) : null;
  if (mismatch !== null) return refuse(mismatch);
  const { nonceWindowPastMs, nonceWindowFutureMs, noncesKept } = ex.settings;
  const window = { least: now - nonceWindowPastMs, most: now + nonceWindowFutureMs, kept: noncesKept };
  const badNonce = nonceSetOf(ex, submission.signer).use(submission.nonce, window);
  if (badNonce !== null) return refuse(badNonce);
  const overBudget = chargeRequests(ex, actor.owner, action);
  if (overBudget !== null) return refuse(overBudget);
  actor.owner.hasSent = true;
  return action.run(ex, actor);
}

const refuse = (response: string): ExchangeAnswer => ({ status: 'err', response });

/** The account acted for, or the venue's text. A wrong signature ends here, naming an address nobody knows. */
function identify(ex: Exchange, { signer, nonce, vaultAddress, cosigners = [] }: Submission, action: PreparedAction): Actor | string {
  const found = signerAccount(ex, signer);
  if (found === null || (action.ownerOnly && found.isAgent)) return action.ownerOnly ? mustDeposit(signer) : unknownWallet(signer);
  const owner = action.masterOnly === true && vaultAddress !== null ? null : actedFor(ex, found.owner, vaultAddress);
  return owner === null ? unknownVault(vaultAddress ?? signer) : { owner, signer, nonce, cosigners };
}
