import { type Clock, formatDecimal, UNIT_SCALE } from '@lockstep/kernel';
import type { Address } from '../../port';
import { type Finding, fail, good, told, warn } from '../../port/finding';
import { clearinghouseStateAnswer, clearinghouseStateRequest } from '../wire/clearinghouse-state';
import { extraAgentsAnswer, extraAgentsRequest } from '../wire/extra-agents';
import { metaAndAssetCtxsAnswer, metaAndAssetCtxsRequest } from '../wire/meta-and-asset-ctxs';
import { perpDexsAnswer, perpDexsRequest } from '../wire/perp-dexs';
import { spotClearinghouseStateAnswer, spotClearinghouseStateRequest } from '../wire/spot-clearinghouse-state';
import { spotMetaAnswer, spotMetaRequest } from '../wire/spot-meta';
import { userRateLimitAnswer, userRateLimitRequest } from '../wire/user-rate-limit';
import { userRoleAnswer, userRoleRequest } from '../wire/user-role';
import { checkEquity } from './check-equity';
import { inWords, type Questions } from './questions';

/** An agent that ends within so long should be renewed now. */
const SOON_MS = 14 * 86_400_000;
const REQUESTS_LOW = 1_000;
const ASK_AGAIN = 'ask again';
const RENEW = 'offer a new approval in time: POST /v1/venue-accounts/{id}/renew-approvals';

/** What an account is, where its collateral lies, what it may still send, and who may sign for it until when. `agent` null: every named one is told. */
export async function checkAccount(questions: Questions, account: Address, agent: Address | null, clock: Clock): Promise<readonly Finding[]> {
  const role = await questions.ask(userRoleRequest(account), userRoleAnswer);
  if (!role.ok) return [fail('account', `${account}: ${inWords(role.error)}`, ASK_AGAIN)];
  if (role.value.role === 'missing') {
    return [fail('account', `${account} is not known to the venue`, 'deposit to it first, and check that it is an address of this network')];
  }
  if (role.value.role === 'agent') {
    return [fail('account', `${account} is an agent of ${role.value.data.user}`, 'name the account itself: an agent holds nothing')];
  }
  const master = role.value.role === 'subAccount' ? role.value.data.master : account;
  const mode = await questions.modeOf(account);
  const modeWords = mode.ok ? `, ${mode.value} margin` : '';
  return [
    good('account', `${account} is a ${role.value.role}${master === account ? '' : ` of ${master}`}${modeWords}`),
    ...(mode.ok && mode.value === 'unified' ? await sharedCollateral(questions, account) : await collateralByDex(questions, account)),
    await addressBudget(questions, account),
    ...(await agentsOf(questions, master, agent, clock)),
  ];
}

async function sharedCollateral(questions: Questions, account: Address): Promise<readonly Finding[]> {
  const spot = await questions.ask(spotClearinghouseStateRequest(account), spotClearinghouseStateAnswer);
  if (!spot.ok) return [fail('collateral', inWords(spot.error), ASK_AGAIN)];
  const held = spot.value.balances.filter(({ total }) => total > 0n).map(({ coin, total }) => `${formatDecimal(total, UNIT_SCALE)} ${coin}`);
  return [
    held.length === 0
      ? warn('collateral', 'none', 'deposit before copying')
      : told('collateral', `${held.join(', ')}, shared by all dexes settled in it`),
    await checkEquity(questions, account, spot.value.balances),
  ];
}

async function collateralByDex(questions: Questions, account: Address): Promise<readonly Finding[]> {
  const dexes = await questions.ask(perpDexsRequest(), perpDexsAnswer);
  const tokens = await questions.ask(spotMetaRequest(), spotMetaAnswer);
  const findings: Finding[] = [];
  for (const dex of dexes.ok ? dexes.value : ['']) {
    const state = await questions.ask(clearinghouseStateRequest(account, dex), clearinghouseStateAnswer);
    const meta = await questions.ask(metaAndAssetCtxsRequest(dex), metaAndAssetCtxsAnswer);
    if (!state.ok) {
      findings.push(fail(`collateral of ${nameOf(dex)}`, inWords(state.error), ASK_AGAIN));
      continue;
    }
    const token = meta.ok && tokens.ok ? tokens.value.tokens.find(({ index }) => index === meta.value[0].collateralToken)?.name : undefined;
    findings.push(collateralFinding(dex, state.value.marginSummary.accountValue, token ?? 'its collateral'));
  }
  return findings;
}

function collateralFinding(dex: string, held: bigint, token: string): Finding {
  const about = `collateral of ${nameOf(dex)}`;
  if (held > 0n) return told(about, `${formatDecimal(held, UNIT_SCALE)} ${token}`);
  return dex === ''
    ? warn(about, 'none', 'deposit before copying')
    : told(about, `none: what a leader trades there is not copied until the account holds ${token} on ${dex}`);
}

async function addressBudget(questions: Questions, account: Address): Promise<Finding> {
  const limit = await questions.ask(userRateLimitRequest(account), userRateLimitAnswer);
  if (!limit.ok) return fail('address budget', inWords(limit.error), ASK_AGAIN);
  const { nRequestsUsed, nRequestsCap } = limit.value;
  const left = nRequestsCap - nRequestsUsed;
  const words = `${left} actions left of ${nRequestsCap}`;
  const fix = 'trade (one action per USDC traded) or buy some by reserveRequestWeight; until then the venue takes one action every ten seconds';
  if (left <= 0) return fail('address budget', words, fix);
  return left < REQUESTS_LOW ? warn('address budget', words, fix) : good('address budget', words);
}

async function agentsOf(questions: Questions, master: Address, agent: Address | null, clock: Clock): Promise<readonly Finding[]> {
  const agents = await questions.ask(extraAgentsRequest(master), extraAgentsAnswer);
  if (!agents.ok) return [fail('agent', inWords(agents.error), ASK_AGAIN)];
  const listed = agents.value.filter(({ address }) => agent === null || address === agent);
  if (listed.length > 0) return listed.map(({ name, address, validUntil }) => agentFinding(`${address} "${name}"`, validUntil, clock));
  if (agent === null) return [told('agent', 'no named one is approved')];
  return [
    fail('agent', `${agent} is no named agent of ${master}`, 'approve it, or name the account it belongs to; the venue does not list unnamed agents'),
  ];
}

function agentFinding(who: string, validUntil: number | null, clock: Clock): Finding {
  if (validUntil === null) return good('agent', `${who}, without an end`);
  const words = `${who}, valid until ${new Date(validUntil).toISOString()}`;
  const left = validUntil - clock.now();
  if (left <= 0) return fail('agent', words, RENEW);
  return left < SOON_MS ? warn('agent', words, RENEW) : good('agent', words);
}

const nameOf = (dex: string): string => (dex === '' ? 'the main dex' : dex);
