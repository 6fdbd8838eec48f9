import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { AccountRecord } from '../state/registry';
import type { StandingStop } from '../stops/standing-stops';
import { needsSigner } from './needed-signer';

const ACCOUNT = { index: 3 } as AccountRecord;
const OLD = 7;

type Order = readonly [state: 'open' | StandingStop['state'], signer: number, endsBefore?: true];

const needed = (...orders: readonly Order[]): boolean => {
  const of = (isOpen: boolean) =>
    orders
      .filter(([state]) => (state === 'open') === isOpen)
      .map(([state, signer, endsBefore]) => ({ state, signers: [signer], endsBefore: endsBefore === true }));
  const ctx = {
    openOrders: { ofAccount: (index: number) => (index === ACCOUNT.index ? of(true) : []) },
    standingStops: { ofAccount: (account: AccountRecord) => (account === ACCOUNT ? of(false) : []) },
  } as unknown as EngineContext;
  return needsSigner(ctx, ACCOUNT, OLD);
};

describe('a key that signs nothing new', () => {
  it.each<[string, readonly Order[], boolean]>([
    ['nothing of it is left', [], false],
    ['an order of a wave is unknown', [['open', OLD]], true],
    [
      'another key signed what is unknown',
      [
        ['open', 8],
        ['sent', 8],
      ],
      false,
    ],
    ['a stop or mirror was sent, and nobody knows whether it stands', [['sent', OLD]], true],
    ['it stands, and any key can cancel it', [['standing', OLD]], false],
    ['its end is on its way', [['ending', OLD]], false],
    ['its end is on its way from an earlier process, until its nonce is spent', [['ending', OLD, true]], true],
  ])('%s: needed %s', (_what, orders, expected) => {
    expect(needed(...orders)).toBe(expected);
  });
});
