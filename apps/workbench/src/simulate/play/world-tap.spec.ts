import type { ExchangeAnswer, Observation, Submission, World } from '@lockstep/simulation';
import { describe, expect, it } from 'vitest';
import { WorldTap } from './world-tap';

const OWNER = '0xf1';
/** The signer accounts are set up with. */
const SET_UP = '0xa0';
const submissionOf = (signer: string, action: object): Submission =>
  ({ signer, action, nonce: 7, vaultAddress: null, expiresAfter: null }) as unknown as Submission;
const approve = (agentAddress: string) => submissionOf(OWNER, { type: 'approveAgent', agentAddress });
const noop = (signer: string) => submissionOf(signer, { type: 'noop' });
const DONE = { status: 'ok', response: { type: 'default' } };
const UNKNOWN = { status: 'err', response: 'User or API Wallet 0xa1 does not exist.' };

/** What is told of submissions a world answers so. */
function told(...submissions: readonly (readonly [Submission, object])[]): readonly Observation['kind'][] {
  const observed: Observation['kind'][] = [];
  const answers = submissions.map(([, answer]) => answer);
  const world = {
    control: { onFills: () => undefined },
    submitWith: (_submission: Submission, answered: (answer: ExchangeAnswer) => void) => answered(answers.shift() as ExchangeAnswer),
  } as unknown as World;
  const tap = new WorldTap(
    world,
    () => 0,
    () => OWNER,
    () => true,
    ({ kind }) => observed.push(kind),
  );
  tap.setUpWith(SET_UP);
  const watched = tap.watched();
  for (const [submission] of submissions) watched.submitWith(submission, () => undefined);
  return observed;
}

describe('what is told of the world', () => {
  it('a noop that is taken makes its nonce void', () => {
    expect(told([noop('0xa1'), DONE])).toEqual(['nonce_voided']);
  });

  it('a noop refused because its signer was replaced tells that the signer is gone', () => {
    expect(told([approve('0xa1'), DONE], [approve('0xa2'), DONE], [noop('0xa1'), UNKNOWN])).toEqual(['signer_given', 'signer_given', 'signer_gone']);
  });

  it('a noop refused tells that the signer is gone that its account was set up with', () => {
    expect(told([noop(SET_UP), UNKNOWN])).toEqual(['signer_gone']);
  });

  it('a noop of a signer that is about to be approved tells nothing', () => {
    expect(told([noop('0xa1'), UNKNOWN], [approve('0xa1'), DONE])).toEqual(['signer_given']);
  });
});
