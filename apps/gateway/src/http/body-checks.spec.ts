import { describe, expect, it } from 'vitest';
import { BODY_DEPTH_MAX, bodyFault } from './body-checks';

const nested = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 1);

describe('what no body may be', () => {
  it.each<[string, unknown, string | undefined, string | undefined]>([
    ['texts and numbers', { name: 'Ünïcode 🙂', at: [1, null, true] }, undefined, undefined],
    ['a zero character', { settings: { coins: ['BTC', 'E\u0000TH'] } }, '/settings/coins/1', 'zero_character'],
    ['a zero character in a name', { settings: { 'a\u0000': 1 } }, '/settings', 'zero_character'],
    ['a name with signs of a pointer', { 'a/b~': '\u0000' }, '/a~1b~0', 'zero_character'],
    ['as deep as may be', nested(BODY_DEPTH_MAX), undefined, undefined],
    ['a level deeper', nested(BODY_DEPTH_MAX + 1), '/0'.repeat(BODY_DEPTH_MAX), 'too_deep'],
    ['fifty thousand levels', nested(50_000), undefined, 'too_deep'],
  ])('%s', (_what, body, pointer, code) => {
    const fault = bodyFault(body);
    expect(fault?.code).toBe(code);
    if (pointer !== undefined) expect(fault?.pointer).toBe(pointer);
  });
});
