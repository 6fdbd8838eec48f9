import type { Actor, PreparedAction } from './actions/prepared';
import { signerAccount } from './agents';
import { formatUsd } from './decimals';
import { type Exchange, nonceSetOf } from './exchange';
import { asObject, asText, asWhole } from './json';
import type { ExchangeAnswer, Submission } from './port';
import type { VenueAccount } from './state';
import { mustDeposit, REQUEST_TEXTS, tooManyRequests, unknownVault, unknownWallet } from './texts';

const REQUESTS_BASE = 10_000;
const CANCEL_EXTRA = 100_000;
const REQUEST_GAP_MS = 10_000;
const USD = 1_000_000;

/** Requests an address may make in its life: 10,000 and one per dollar traded. */
export const requestCap = (account: VenueAccount): number => REQUESTS_BASE + Math.floor(account.volume / USD);

/** Runs one submission: who signed, is it still wanted, is the nonce good, may the address ask; then the action itself. */
export function runSubmission(ex: Exchange, submission: Submission, action: PreparedAction): ExchangeAnswer {
  const actor = identify(ex, submission, action);
  if (typeof actor === 'string') return refuse(actor);
  if (submission.expiresAfter !== null && ex.time > submission.expiresAfter) return refuse(REQUEST_TEXTS.expired);
  const mismatch = action.ownerOnly ? checkEnvelope(ex, submission) : null;
  if (mismatch !== null) return refuse(mismatch);
  const { nonceWindowPastMs, nonceWindowFutureMs, noncesKept } = ex.settings;
  const window = { least: ex.time - nonceWindowPastMs, most: ex.time + nonceWindowFutureMs, kept: noncesKept };
  const badNonce = nonceSetOf(ex, submission.signer).use(submission.nonce, window);
  if (badNonce !== null) return refuse(badNonce);
  const overBudget = chargeRequests(ex, actor.owner, action);
  if (overBudget !== null) return refuse(overBudget);
  return action.run(ex, actor);
}

const refuse = (response: string): ExchangeAnswer => ({ status: 'err', response });

/** The account acted for, or the venue's text. A wrong signature ends here, naming an address nobody knows. */
function identify(ex: Exchange, { signer, nonce, vaultAddress }: Submission, action: PreparedAction): Actor | string {
  const found = signerAccount(ex, signer);
  if (found === null || (action.ownerOnly && found.isAgent)) return action.ownerOnly ? mustDeposit(signer) : unknownWallet(signer);
  if (vaultAddress === null || vaultAddress === found.owner.address) return { owner: found.owner, signer, nonce };
  return unknownVault(vaultAddress);
}

/** Wallet-signed actions name their network and repeat their nonce. */
function checkEnvelope(ex: Exchange, { action, nonce }: Submission): string | null {
  const object = asObject(action);
  const chain = asText(object?.hyperliquidChain);
  if (chain !== (ex.config.testnet === true ? 'Testnet' : 'Mainnet')) return REQUEST_TEXTS.wrongChain;
  return (asWhole(object?.nonce) ?? asWhole(object?.time)) === nonce ? null : REQUEST_TEXTS.nonceMismatch;
}

function chargeRequests(ex: Exchange, owner: VenueAccount, action: PreparedAction): string | null {
  const limit = requestCap(owner);
  const cap = action.isCancel ? Math.min(limit + CANCEL_EXTRA, 2 * limit) : limit;
  if (ex.settings.addressLimits && owner.requests + action.weight > cap) {
    if (ex.time - owner.lastRequestTime < REQUEST_GAP_MS) return tooManyRequests(owner.requests + action.weight, cap, formatUsd(owner.volume));
  }
  owner.requests += action.weight;
  owner.lastRequestTime = ex.time;
  return null;
}
