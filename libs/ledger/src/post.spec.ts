import { type CopyId, type Money, makeId, money, price, RATE_ONE, rate, size, UNIT } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillNotional, markupOn } from './fees';
import { type FillPosting, fillSource, fundingSource, type MarkupTerms, postAllocation, postFill, postFunding, postMarkup } from './post';
import { isBalanced, type LedgerTransaction, reverse, sumPerAsset } from './transaction';

const copyId: CopyId = makeId('copy', 1, new Uint8Array(10));
const AT = 1_800_000_000_000;
const terms = (builderOwner: 'operator' | 'tenant', operatorShare: bigint): MarkupTerms => ({
  builderOwner,
  operatorShare: rate(operatorShare),
  scheduleVersion: 3,
});
const fill = (over: Partial<FillPosting>): FillPosting => ({
  source: fillSource('hyperliquid', 7, 'BTC', AT, 1),
  copyId,
  occurredAtMs: AT,
  coin: 'BTC',
  notional: money(50n * UNIT),
  asset: 'USDC',
  closedPnl: money(0n),
  feeAsset: 'USDC',
  fee: money(0n),
  builderFee: money(0n),
  markup: null,
  ...over,
});
const lines = (transaction: LedgerTransaction | null): Record<string, bigint> =>
  Object.fromEntries((transaction?.entries ?? []).map((entry) => [`${entry.account.replace(copyId, 'C')} ${entry.asset}`, entry.amount]));

describe('a fill', () => {
  it('books PnL and fees against the venue cash, the markup to the builder it belongs to', () => {
    const posted = postFill(fill({ closedPnl: money(1_000n), fee: money(300n), builderFee: money(100n), markup: terms('operator', RATE_ONE / 4n) }));
    expect(lines(posted)).toEqual({
      'copy:C:venue_cash USDC': 700n,
      'copy:C:realised_pnl USDC': -1_000n,
      'copy:C:trading_fee USDC': 200n,
      'copy:C:builder_fee USDC': 100n,
      'platform:markup_receivable USDC': 100n,
      'platform:markup_payable USDC': -75n,
      'platform:markup_revenue USDC': -25n,
      'tenant:markup_receivable USDC': 75n,
      'tenant:markup_revenue USDC': -75n,
    });
    expect(posted?.memo).toEqual({ coin: 'BTC', notional: '5000000000', schedule: '3' });
  });

  it('owned by the tenant, the operator gets the payable, and the unit nobody can take goes to rounding', () => {
    expect(lines(postFill(fill({ fee: money(101n), builderFee: money(101n), markup: terms('tenant', RATE_ONE / 2n) })))).toEqual({
      'copy:C:venue_cash USDC': -101n,
      'copy:C:builder_fee USDC': 101n,
      'tenant:markup_receivable USDC': 101n,
      'tenant:markup_payable USDC': -50n,
      'tenant:markup_revenue USDC': -50n,
      'tenant:rounding USDC': -1n,
      'platform:markup_receivable USDC': 50n,
      'platform:markup_revenue USDC': -50n,
    });
  });

  it('a maker rebate adds cash, a fee in another asset keeps each asset at zero', () => {
    const posted = postFill(fill({ closedPnl: money(10n), fee: money(-4n), feeAsset: 'HYPE' }));
    expect(lines(posted)).toEqual({
      'copy:C:venue_cash USDC': 10n,
      'copy:C:realised_pnl USDC': -10n,
      'copy:C:venue_cash HYPE': 4n,
      'copy:C:trading_fee HYPE': -4n,
    });
    expect([...sumPerAsset(posted?.entries ?? []).values()]).toEqual([0n, 0n]);
  });

  it("a builder fee without our schedule is the copy's cost and nobody's revenue", () => {
    expect(lines(postFill(fill({ fee: money(9n), builderFee: money(9n) })))).toEqual({
      'copy:C:venue_cash USDC': -9n,
      'copy:C:builder_fee USDC': 9n,
    });
  });

  it('books nothing when nothing moved', () => {
    expect(postFill(fill({}))).toBeNull();
  });
});

describe('the worked example: 100 leaders × 200 followers × 10 trades × $50 × 3 bp', () => {
  it('is $3,000 a day', () => {
    const of = fillNotional(size(UNIT / 1_000n), price(50_000n * UNIT));
    expect(of).toBe(50n * UNIT);
    const builderFee = markupOn(of, 30);
    let revenue = 0n;
    // Every follower's fill is the same, so one trade of one leader is posted and counted 100 × 10 times.
    for (let follower = 0; follower < 200; follower += 1) {
      const posted = postFill(fill({ fee: money(builderFee * 2n), builderFee, markup: terms('operator', RATE_ONE / 3n) }));
      for (const entry of posted?.entries ?? []) if (/markup_revenue|rounding/.test(entry.account)) revenue -= entry.amount * 100n * 10n;
    }
    expect(revenue).toBe(3_000n * UNIT);
  });
});

describe('accrued markup', () => {
  const posting = { fillSource: 'fill:x', copyId, occurredAtMs: AT, coin: 'BTC', asset: 'USDC', terms: terms('operator', RATE_ONE / 4n) };
  it('is owed by the copy, invoiced by the tenant, who owes the operator', () => {
    const posted = postMarkup({ ...posting, notional: money(50n * UNIT), markupTenthsBp: 30 });
    expect(posted?.source).toBe('markup:fill:x');
    expect(lines(posted)).toEqual({
      'copy:C:markup_cost USDC': 1_500_000n,
      'copy:C:markup_due USDC': -1_500_000n,
      'tenant:markup_receivable USDC': 1_500_000n,
      'tenant:markup_payable USDC': -375_000n,
      'tenant:markup_revenue USDC': -1_125_000n,
      'platform:markup_receivable USDC': 375_000n,
      'platform:markup_revenue USDC': -375_000n,
    });
  });

  it('never charges a fraction of a unit', () => {
    expect(postMarkup({ ...posting, notional: money(99_999n), markupTenthsBp: 1 })).toBeNull();
    expect(lines(postMarkup({ ...posting, notional: money(199_999n), markupTenthsBp: 1 }))['copy:C:markup_cost USDC']).toBe(1n);
  });
});

describe('funding', () => {
  it('moves cash and names its source once per copy', () => {
    const source = fundingSource('hyperliquid', 7, 'BTC', AT, copyId);
    const posted = postFunding({ source, copyId, occurredAtMs: AT, coin: 'BTC', asset: 'USDC', amount: money(-12n) });
    expect(lines(posted)).toEqual({ 'copy:C:venue_cash USDC': -12n, 'copy:C:funding USDC': 12n });
  });
});

describe('every posting', () => {
  const amount = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }).map((value): Money => money(value));
  const positive = fc.bigInt({ min: 0n, max: 10n ** 12n }).map((value): Money => money(value));
  const share = fc.bigInt({ min: 0n, max: RATE_ONE });
  const owner = fc.constantFrom('operator' as const, 'tenant' as const);
  const posting: fc.Arbitrary<LedgerTransaction | null> = fc.oneof(
    fc
      .tuple(amount, amount, positive, share, owner, fc.constantFrom('USDC', 'USDH'))
      .map(([closedPnl, fee, builderFee, part, who, feeAsset]) => postFill(fill({ closedPnl, fee, builderFee, feeAsset, markup: terms(who, part) }))),
    fc
      .tuple(positive, share, fc.integer({ min: 0, max: 100 }))
      .map(([notional, part, markupTenthsBp]) =>
        postMarkup({ fillSource: 'f', copyId, occurredAtMs: AT, coin: 'BTC', notional, asset: 'USDC', markupTenthsBp, terms: terms('tenant', part) }),
      ),
    amount.map((value) => postFunding({ source: 'f', copyId, occurredAtMs: AT, coin: 'BTC', asset: 'USDC', amount: value })),
    amount.map((value) => postAllocation('a', copyId, AT, 'USDC', value)),
  );

  it('sums to zero per asset, has no zero entry, and its reversal takes it back', () => {
    fc.assert(
      fc.property(posting, (posted) => {
        if (posted === null) return;
        const back = reverse(posted, AT + 1, 'test');
        expect(isBalanced(posted.entries)).toBe(true);
        expect(posted.entries.every((entry) => entry.amount !== 0n)).toBe(true);
        expect(new Set(posted.entries.map((entry) => `${entry.account} ${entry.asset}`)).size).toBe(posted.entries.length);
        expect(lines(back)).toEqual(Object.fromEntries(Object.entries(lines(posted)).map(([key, value]) => [key, -value])));
        expect(back.memo.reverses).toBe(posted.source);
      }),
      { numRuns: 500 },
    );
  });
});
