import { describe, expect, it } from 'vitest';
import { parseSealsOptions } from './seals';

describe('the command line of the seals', () => {
  it.each([
    ['the standing', ['status'], { what: 'status', batchMax: 200, json: false }],
    ['a check for programs', ['check', '--json'], { what: 'check', json: true }],
    ['a run in small batches', ['reseal', '--batch', '7'], { what: 'reseal', batchMax: 7 }],
    ['a new key', ['new-key'], { what: 'new-key' }],
  ])('takes %s', (_name, args, expected) => {
    expect(parseSealsOptions(args)).toMatchObject({ ok: true, value: expected });
  });

  it.each([
    [[], 'say one of status, check, new-key, reseal'],
    [['rotate'], 'say one of status, check, new-key, reseal'],
    [['reseal', '--batch', '0'], '--batch takes a whole number from 1 to 9999'],
    [['status', '--batch', '5'], 'unknown option --batch'],
    [['status', '--fast'], 'unknown option --fast'],
  ])('refuses %j', (args, error) => {
    expect(parseSealsOptions(args)).toEqual({ ok: false, error });
  });
});
