import { present } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { brokenPromises } from './promises';
import { scenarioOf } from './scenario-of';
import type { Step } from './steps';
import { RECORDED_SOURCES } from './testing/sources';

const good = scenarioOf(7, 'standard', RECORDED_SOURCES);
const lastCalm = good.steps.findIndex((step) => step.kind === 'calm_begins' && step.last);

/** The first step of a kind from `from` on. */
const indexOf = (kind: Step['kind'], from = 0): number => good.steps.findIndex((step, index) => step.kind === kind && index >= from);

/** The good scenario with one step replaced by others. */
const replaced = (index: number, change: (step: Step) => readonly Step[]): readonly string[] => {
  const step = present(good.steps[index], `step ${index}`);
  return brokenPromises({ ...good, steps: [...good.steps.slice(0, index), ...change(step), ...good.steps.slice(index + 1)] });
};
const dropped = (kind: Step['kind'], from = 0): readonly string[] => replaced(indexOf(kind, from), () => []);
const priceOff = (step: Step): readonly Step[] =>
  step.kind === 'prices' ? [{ ...step, moves: step.moves.map((move) => ({ ...move, price: move.price + 1n })) }] : [step];
const tradeBy =
  (change: (lots: number) => number) =>
  (step: Step): readonly Step[] =>
    step.kind === 'leader_trades' ? [{ ...step, fills: [{ ...step.fills[0], lots: change(step.fills[0].lots) }] }] : [step];
const closeOf = (from: number): number =>
  good.steps.findIndex((step, index) => index >= from && step.kind === 'leader_trades' && step.intent === 'close');
const doubled = (step: Step): readonly Step[] => [step, step];

describe('a scenario that breaks a promise is told of', () => {
  it('when it breaks none', () => expect(brokenPromises(good)).toEqual([]));

  it.each<[string, () => readonly string[], string]>([
    ['time goes back', () => replaced(500, (step) => [{ ...step, at: 1 }]), 'its time is before'],
    ['a time is no whole number', () => replaced(500, (step) => [{ ...step, at: step.at + 0.5 }]), 'no whole number'],
    ['a price is off the grid', () => replaced(indexOf('prices'), priceOff), 'not on the grid'],
    [
      'a close takes a lot too much',
      () =>
        replaced(
          closeOf(0),
          tradeBy((lots) => lots + Math.sign(lots)),
        ),
      'is no close',
    ],
    [
      'a close leaves a lot',
      () =>
        replaced(
          closeOf(0),
          tradeBy((lots) => lots - Math.sign(lots)),
        ),
      'is no close',
    ],
    [
      'a fill is of nothing',
      () =>
        replaced(
          closeOf(0),
          tradeBy(() => 0),
        ),
      'of nothing',
    ],
    ['a trade is left out', () => dropped('leader_trades'), 'the position is 0, not'],
    [
      'a leader is not flat at the end',
      () => replaced(lastCalm - 1, (step) => (step.kind === 'leader_trades' ? [] : [step])),
      'leaders are not flat',
    ],
    ['a fault is not healed', () => dropped('fault_ends'), 'open in a calm: fault:'],
    ['a switch stays on', () => replaced(indexOf('kill_switch'), doubled), 'open in a calm: switch:'],
    ['an agent is not renewed', () => replaced(indexOf('agent_expires'), doubled), 'open in a calm: agent:'],
    ['a halted coin stays halted', () => dropped('resume'), 'is shut'],
    ['no engine starts', () => dropped('engine_starts'), 'does not lead'],
    ['an engine dies twice', () => replaced(indexOf('engine_dies'), doubled), 'does not lead'],
    ['two engines lead', () => replaced(indexOf('engine_starts'), doubled), 'another one may live'],
    ['an act is on a copy that never began', () => dropped('copy_create'), 'never began'],
    [
      'a follower has two copies',
      () => replaced(indexOf('copy_create'), (step) => (step.kind === 'copy_create' ? [step, { ...step, copy: 9_999 }] : [step])),
      'has 1 already',
    ],
    [
      'a follower of several copies has one too many',
      () => brokenPromises({ ...good, followers: good.followers.map((follower) => ({ ...follower, slots: 0 })) }),
      'has 0 already',
    ],
    ['a calm is disturbed', () => replaced(indexOf('audit'), (step) => [step, { at: step.at, kind: 'close_all', follower: 0 }]), 'it is in a calm'],
    [
      'money is finer than a cent',
      () => replaced(indexOf('leader_cash'), (step) => (step.kind === 'leader_cash' ? [{ ...step, amount: step.amount + 1n }] : [step])),
      'finer than a cent',
    ],
    ['it goes on after its end', () => replaced(good.steps.length - 1, (step) => [step, { at: step.at, kind: 'funding_charge' }]), 'does not end'],
    ['the last audit is missing', () => replaced(good.steps.length - 1, () => []), 'does not end'],
  ])('when %s', (_what, mutated, told) => {
    const broken = mutated();
    expect(broken).not.toEqual([]);
    expect(broken.join('\n')).toContain(told);
  });
});
