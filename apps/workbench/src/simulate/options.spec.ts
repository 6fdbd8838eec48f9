import { describe, expect, it } from 'vitest';
import { DEFAULT_SIM, parseSimOptions } from './options';

const KNOWN = ['sign_flip', 'cap_off_by_one'];

describe('the command line of sim', () => {
  it.each([
    [[], {}],
    [['--seeds', '200', '--json'], { seeds: 200, json: true }],
    [['--seed', '7'], { first: 7, seeds: 1 }],
    [['--from', '100', '--seeds', '5'], { first: 100, seeds: 5 }],
    [['--broken', 'all'], { broken: 'all' }],
    [['--broken', 'sign_flip,cap_off_by_one', '--broken-seeds', '9'], { broken: KNOWN, brokenSeeds: 9 }],
    [['--broken', 'all', '--broken-known'], { broken: 'all', brokenKnown: true }],
    [['--postgres', '20', '--processes', '2', '--steps', '500'], { postgres: 20, processes: 2, steps: 500 }],
    [['--recorded', 'replay'], { recorded: 'replay', seeds: 1_000_000 }],
    [['--seed', '9', '--recorded', 'replay'], { recorded: 'replay', first: 9, seeds: 1 }],
    [['--recorded', 'replay', '--sample'], { recorded: 'replay', sample: true, seeds: 1_000_000 }],
  ])('%j is read', (args, changes) => {
    expect(parseSimOptions(args, KNOWN)).toEqual({ ok: true, value: { ...DEFAULT_SIM, ...changes } });
  });

  it.each([
    [['--seeds'], '--seeds takes a whole number from 0 to 1000000'],
    [['--seeds', '1.5'], '--seeds takes a whole number'],
    [['--seed', '-1'], '--seed takes a whole number from 0'],
    [['--processes', '0'], '--processes takes a whole number from 1 to 64'],
    [['--broken', 'nobody'], '--broken takes all, or names of: sign_flip, cap_off_by_one'],
    [['--broken-known', '--recorded', 'replay'], '--broken-known goes without --recorded'],
    [['--sample'], '--sample goes with --recorded'],
    [['--recorded'], '--recorded takes a folder'],
    [['--quick'], 'unknown option --quick'],
  ])('%j is refused by name', (args, text) => {
    const parsed = parseSimOptions(args, KNOWN);
    expect(parsed.ok ? '' : parsed.error).toContain(text);
  });
});
