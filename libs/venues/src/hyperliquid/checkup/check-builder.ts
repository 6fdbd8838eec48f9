import { formatDecimal, UNIT, UNIT_SCALE } from '@lockstep/kernel';
import type { Address } from '../../port';
import { type Finding, fail, good, warn } from '../../port/finding';
import { clearinghouseStateAnswer, clearinghouseStateRequest } from '../wire/clearinghouse-state';
import { maxBuilderFeeAnswer, maxBuilderFeeRequest } from '../wire/max-builder-fee';
import { inWords, type Questions } from './questions';

/** What the venue asks of a builder's perp account (facts §12). */
const HOLDS_LEAST = 100n * UNIT;
const ASK_AGAIN = 'ask again';

/** Whether a builder can be paid: standard margin mode and at least $100 in its perp account. */
export async function checkBuilder(questions: Questions, builder: Address): Promise<readonly Finding[]> {
  const mode = await questions.modeOf(builder);
  const state = await questions.ask(clearinghouseStateRequest(builder, ''), clearinghouseStateAnswer);
  const findings: Finding[] = [];
  if (!mode.ok) findings.push(fail('builder', inWords(mode.error), ASK_AGAIN));
  else if (mode.value !== 'standard')
    findings.push(fail('builder', `${builder} has ${mode.value} margin`, 'the venue pays builders in standard mode only: change it'));
  if (!state.ok) return [...findings, fail('builder', inWords(state.error), ASK_AGAIN)];
  const held = state.value.marginSummary.accountValue;
  const words = `${builder} holds $${formatDecimal(held, UNIT_SCALE)} in its perp account`;
  return [
    ...findings,
    held < HOLDS_LEAST ? fail('builder', words, 'nobody can approve a builder with less than $100 there: deposit') : good('builder', words),
  ];
}

/** Whether an account lets a builder take a markup. */
export async function checkBuilderApproval(questions: Questions, account: Address, builder: Address, markupTenthsBp: number): Promise<Finding> {
  const approved = await questions.ask(maxBuilderFeeRequest(account, builder), maxBuilderFeeAnswer);
  if (!approved.ok) return fail('builder approval', inWords(approved.error), ASK_AGAIN);
  const words = `${account} approved ${approved.value / 10} bp`;
  if (approved.value > 0 && approved.value >= markupTenthsBp) return good('builder approval', words);
  return warn('builder approval', `${words}, ${markupTenthsBp / 10} bp are to be charged`, 'offer it: POST /v1/venue-accounts/{id}/renew-approvals');
}
