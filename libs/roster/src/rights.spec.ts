import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consentDueAt, consentRefusal, type Entitlement, entitledUntil, firstUncovered, isEntitled, NO_END, termsInForce } from './rights';

const granted = (until: number | null, revokedAt: number | null = null): Entitlement => ({ until, revokedAt });
const terms = (...bindingFrom: readonly number[]) => bindingFrom.map((at, index) => ({ version: index + 1, bindingFrom: at }));

describe('an entitlement', () => {
  it.each([
    ['everyone', null, NO_END],
    ['everyone', granted(5, 3), NO_END],
    ['granted', null, 0],
    ['granted', granted(null), NO_END],
    ['granted', granted(50), 50],
    ['granted', granted(50, 3), 0],
    ['granted', granted(null, 3), 0],
  ] as const)('where access is for %s and %j stands goes until %d', (access, entitlement, until) => {
    expect(entitledUntil(access, entitlement)).toBe(until);
  });

  it('ends with its moment, to the millisecond', () => {
    expect([49, 50, 51].map((at) => isEntitled(granted(50), at))).toEqual([true, false, false]);
    expect(isEntitled(null, 0)).toBe(false);
  });
});

describe('consent', () => {
  it.each([
    [[], 0, NO_END, null],
    [[10], 0, 10, 1],
    [[10], 1, NO_END, null],
    [[10, 30], 1, 30, 2],
    [[10, 30], 2, NO_END, null],
    // Announced for later, and overtaken by terms that bind at once: either one is covered by a consent to the newer.
    [[10, 90, 30], 1, 30, 3],
    [[10, 90, 30], 2, 30, 3],
    [[10, 90, 30], 3, NO_END, null],
  ] as const)('to terms that bind at %j, given up to version %d, is needed from %d', (at, consentedTo, due, version) => {
    expect(consentDueAt(terms(...at), consentedTo)).toBe(due);
    expect(firstUncovered(terms(...at), consentedTo)?.version ?? null).toBe(version);
  });

  it.each([
    [[], null, 20, null],
    [[], 1, 20, 'terms_unknown'],
    [[30], null, 20, null],
    [[30], 1, 20, null],
    [[10], null, 20, 'consent_missing'],
    [[20], null, 20, 'consent_missing'],
    [[10], 1, 20, null],
    [[10, 20], 1, 20, 'terms_outdated'],
    [[10, 21], 1, 20, null],
    [[10, 21], 2, 20, null],
    [[10, 21], 3, 20, 'terms_unknown'],
  ] as const)('where terms bind at %j, naming version %s at %d is %s', (at, version, now, refusal) => {
    expect(consentRefusal(terms(...at), version, now)).toBe(refusal);
  });

  const published = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 5 }).map((at) => terms(...at));
  it('that does at a moment holds there, and until something it does not cover binds', () => {
    fc.assert(
      fc.property(published, fc.option(fc.integer({ min: 1, max: 6 })), fc.integer({ min: 0, max: 20 }), (all, version, now) => {
        const holds = consentDueAt(all, version ?? 0) > now;
        const inForce = termsInForce(all, now);
        // Risk is taken exactly where every version that binds is covered.
        expect(holds).toBe(all.every((one) => one.bindingFrom > now || one.version <= (version ?? 0)));
        if (consentRefusal(all, version, now) === null) expect(holds).toBe(true);
        else if (version === null || all.some((one) => one.version === version)) expect(holds).toBe(false);
        expect(inForce === null || all.every((one) => one.bindingFrom > now || one.version <= inForce.version)).toBe(true);
      }),
    );
  });
});
