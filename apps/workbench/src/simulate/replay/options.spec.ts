import { describe, expect, it } from 'vitest';
import { parseReplayOptions } from './options';

const KNOWN = ['no-cap', 'late-exit'];
const read = (line: string) => parseReplayOptions(line.split(' '), KNOWN);

describe('the command line of a replay', () => {
  it('needs no more than a seed', () => {
    expect(read('--seed 7')).toEqual({
      ok: true,
      value: { seed: 7, step: null, copyId: null, coin: null, broken: null, postgres: false, recorded: null, json: false },
    });
  });

  it('names step, copy, coin, broken engine and store', () => {
    expect(read('--coin flx:GOLD --copy cpy_01abc --step 12 --json --postgres --seed 0 --broken late-exit --recorded replay')).toEqual({
      ok: true,
      value: { seed: 0, step: 12, copyId: 'cpy_01abc', coin: 'flx:GOLD', broken: 'late-exit', postgres: true, recorded: 'replay', json: true },
    });
  });

  it.each([
    ['--json', '--seed is needed'],
    ['--seed', '--seed takes a whole number from 0 to 4294967295'],
    ['--seed 4294967296', '--seed takes a whole number from 0 to 4294967295'],
    ['--seed 1.5', '--seed takes a whole number from 0 to 4294967295'],
    ['--seed 1 --step 0', '--step takes a whole number from 1 to 1000000'],
    ['--seed 1 --copy BTC', '--copy takes the id of a copy: cpy_…'],
    ['--seed 1 --coin a/b', '--coin takes the name of a coin: BTC, or flx:GOLD of a builder dex'],
    ['--seed 1 --broken sound', '--broken takes one of: no-cap, late-exit'],
    ['--seed 1 --steps 4', 'unknown option --steps'],
  ])('refuses %s', (line, error) => {
    expect(read(line)).toEqual({ ok: false, error });
  });
});
