import { type ExchangeAnswer, type Observation, type Submission, VirtualTime, type World } from '@lockstep/simulation';
import { describe, expect, it } from 'vitest';
import { CHARGED_MS, WorldTap } from './world-tap';

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
function heard(...submissions: readonly (readonly [Submission, object])[]): readonly Observation[] {
  const observed: Observation[] = [];
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
    (observation) => observed.push(observation),
  );
  tap.setUpWith(SET_UP);
  const watched = tap.watched();
  for (const [submission] of submissions) watched.submitWith(submission, () => undefined);
  return observed;
}

const told = (...submissions: readonly (readonly [Submission, object])[]): readonly Observation['kind'][] =>
  heard(...submissions).map(({ kind }) => kind);

describe('what is told of the world', () => {
  it.each(['noop', 'cancelByCloid', 'updateLeverage'])('a %s that is taken makes its nonce void for orders', (type) => {
    expect(told([submissionOf('0xa1', { type }), DONE])).toEqual(['nonce_voided']);
    expect(told([submissionOf('0xa1', { type }), { status: 'err', response: 'Invalid nonce: duplicate nonce 7' }])).toEqual([]);
  });

  it('a noop refused because its signer was replaced tells that the signer is gone', () => {
    expect(told([approve('0xa1'), DONE], [approve('0xa2'), DONE], [noop('0xa1'), UNKNOWN])).toEqual(['signer_given', 'signer_given', 'signer_gone']);
  });

  it.each<[string, string, object, string]>([
    ['fills whole', 'Gtc', { filled: { totalSz: '2.0' } }, 'done'],
    ['fills in part and stands', 'Gtc', { filled: { totalSz: '1.5' } }, 'resting'],
    ['fills in part and ends', 'Ioc', { filled: { totalSz: '1.5' } }, 'done'],
    ['stands', 'Gtc', { resting: { oid: 1 } }, 'resting'],
  ])('an order that %s (%s)', (_what, tif, status, expected) => {
    const order = { a: 0, s: '2', c: '0xc', t: { limit: { tif } } };
    const answer = { status: 'ok', response: { type: 'order', data: { statuses: [status] } } };
    expect(heard([submissionOf('0xa1', { type: 'order', orders: [order] }), answer])).toMatchObject([{ kind: 'world_order', status: expected }]);
  });

  it.each(['noop', 'cancelByCloid'])('a %s refused tells that the signer is gone that its account was set up with', (type) => {
    expect(told([submissionOf(SET_UP, { type }), UNKNOWN])).toEqual(['signer_gone']);
  });

  it('a noop of a signer that is about to be approved tells nothing', () => {
    expect(told([noop('0xa1'), UNKNOWN], [approve('0xa1'), DONE])).toEqual(['signer_given']);
  });
});

describe('what is told of funding that the venue charges by itself', () => {
  const TEN_TO = Date.UTC(2026, 9, 5, 22, 50);
  const HOURS = [23, 24].map((hour) => Date.UTC(2026, 9, 5, hour));

  it('comes half a second after each full hour, once, whatever else is looked at before or after', async () => {
    const time = new VirtualTime(TEN_TO);
    const rowAt = (hour: number) => ({ time: hour + 200, delta: { coin: 'BTC', usdc: '-1.25' } });
    // Blocks of the world come when somebody brings it to the present.
    let present = TEN_TO;
    const catchUp = () => {
      present = time.now();
    };
    const world = {
      control: { onFills: () => undefined },
      info: ({ startTime }: { startTime: number }) => ({
        body: HOURS.map(rowAt).filter((row) => row.time >= startTime && row.time <= present),
      }),
    } as unknown as World;
    const observed: Observation[] = [];
    const tap = new WorldTap(
      world,
      () => time.exact(),
      () => null,
      () => true,
      (observation) => observed.push(observation),
    );
    tap.hourlyFunding(time, [OWNER], catchUp);
    tap.funding([OWNER]);
    await time.runUntil(TEN_TO + 80 * 60_000);
    tap.funding([OWNER]);
    const charge = { kind: 'world_funding', account: OWNER, coin: 'BTC', amount: -125_000_000n };
    expect(observed).toEqual(HOURS.map((hour) => ({ ...charge, time: hour + 200, at: hour + CHARGED_MS })));
  });
});
