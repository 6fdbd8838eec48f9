import { describe, expect, it } from 'vitest';
import { FAULT_DECK, FAULT_STAGES } from './deck';
import { DEFAULT_FAULTS, parseFaultOptions } from './options';
import { brokenOf, faultJson, faultLines } from './report';
import { type CellResult, cellsOf, type FaultReport } from './run-faults';

const AGREED: CellResult = { stage: 'entry sent', fault: '502, landed', struck: 3, orders: 6, settledMs: 1_240, violations: [] };
const DIFFERED: CellResult = { ...AGREED, fault: 'lost', violations: [{ rule: 'positions agree', detail: 'venue 1, database 0', rows: [1n] }] };
const report = (...cells: readonly CellResult[]): FaultReport => ({
  seed: 7,
  followers: 6,
  cells,
  last: { violations: [], copies: 6, venueOrders: 12, venueFills: 12, journaledOrders: 14, givenUp: {} },
});

describe('the fault deck', () => {
  it('names each fault of a stage once', () => {
    const names = FAULT_DECK.map(({ stage, fault }) => `${stage}: ${fault}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('strikes actions before and after they land, reads, and frames', () => {
    const kinds = new Set(
      FAULT_DECK.flatMap(({ strike }) => ('rules' in strike ? strike.rules.map(({ target, when }) => `${target} ${when}`) : [strike.kind])),
    );
    expect([...kinds].sort()).toEqual(['exchange after', 'exchange before', 'halt', 'info before', 'no_trading', 'post_only', 'stream before']);
  });

  it('plays all of it, one stage of it, or one fault of each stage by the seed', () => {
    const names = (cells: ReturnType<typeof cellsOf>): string[] => cells.map(({ stage }) => stage);
    expect(cellsOf({ stage: null, sample: false, seed: 1 })).toEqual(FAULT_DECK);
    expect(new Set(names(cellsOf({ stage: 'exit sent', sample: false, seed: 1 })))).toEqual(new Set(['exit sent']));
    expect(names(cellsOf({ stage: null, sample: true, seed: 1 }))).toEqual(FAULT_STAGES);
    expect(cellsOf({ stage: null, sample: true, seed: 1 })).toEqual(cellsOf({ stage: null, sample: true, seed: 1 }));
  });
});

describe('the command line of the fault deck', () => {
  it.each([
    [[], {}],
    [['--sample', '--seed', '5'], { sample: true, seed: 5 }],
    [['--stage', 'exit sent', '--followers', '10', '--json'], { stage: 'exit sent', followers: 10, json: true }],
  ])('takes %j', (args, expected) => {
    expect(parseFaultOptions(args, FAULT_STAGES, DEFAULT_FAULTS)).toEqual({ ok: true, value: { ...DEFAULT_FAULTS, ...expected } });
  });

  it.each([
    [['--stage', 'nowhere'], /^--stage takes one of: /],
    [['--followers', '1'], /^--followers takes a whole number from 2 to 100$/],
    [['--seed'], /^--seed takes a whole number/],
    [['--quick'], /^unknown option --quick$/],
  ])('refuses %j', (args, error) => {
    expect(parseFaultOptions(args, FAULT_STAGES, DEFAULT_FAULTS)).toEqual({ ok: false, error: expect.stringMatching(error) });
  });
});

describe('the report of the fault deck', () => {
  it('is a table that ends with the verdict', () => {
    const lines = faultLines(report(AGREED));
    expect(lines).toContain('entry sent  502, landed  3       6       1.2 s          agree');
    expect(lines.at(-1)).toBe('no lost and no double order');
  });

  it('names what differs with the seed, and counts it', () => {
    const lines = faultLines(report(AGREED, DIFFERED));
    expect(lines).toContain('✗ entry sent: lost (seed 7): positions agree: venue 1, database 0');
    expect(lines.at(-1)).toBe('1 violations');
    expect(brokenOf(report(AGREED, DIFFERED))).toBe(1);
  });

  it('counts what the last judgement finds too, and is JSON', () => {
    const broken = { ...report(AGREED), last: { ...report().last, violations: [{ rule: 'the ledger sums to zero', detail: 'x', rows: [] }] } };
    expect(brokenOf(broken)).toBe(1);
    expect(JSON.parse(JSON.stringify(faultJson(broken)))).toMatchObject({ faults: { metrics: { cells: 1, struck: 3, violations: 1 } } });
  });
});
