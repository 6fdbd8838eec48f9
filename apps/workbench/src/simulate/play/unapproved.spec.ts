import { describe, expect, it } from 'vitest';
import { unapprovedOf } from './unapproved';

/** Of the brand that denies entries without an approval, and of one that sends them without its fee. */
const DENYING = 2;
const SENDING = 1;
const follower = (address: string, tenant: number, builderApproved: boolean) => ({ address, tenant, builderApproved });
const withdrawn = (no: number) => ({ at: 1, kind: 'builder_withdrawn' as const, follower: no });

describe('accounts for which nothing is entered in a calm', () => {
  it('approved no builder fee from the beginning, where their brand wants one', () => {
    const followers = [follower('a', DENYING, false), follower('b', DENYING, true), follower('c', SENDING, false)];
    expect(unapprovedOf(followers, [], [])).toEqual(['a']);
  });

  it('or took their approval back, while the engine’s books have none', () => {
    const followers = [follower('a', DENYING, true), follower('b', DENYING, true), follower('c', SENDING, true)];
    const played = [withdrawn(0), withdrawn(2)];
    expect(unapprovedOf(followers, played, ['a', 'b', 'c'])).toEqual(['a']);
    expect(unapprovedOf(followers, played, [])).toEqual([]);
  });
});
