import type { AccountTruth, JudgedCopy } from '../judge';
import type { CopyLimits, TruthFill } from '../judge-limits';

/** A fill of the venue: buys two SOL at 80 unless told otherwise. */
export const fillOf = (overrides: Partial<TruthFill> = {}): TruthFill => ({
  coin: 'SOL',
  side: 'B',
  px: '80',
  sz: '2',
  startPosition: '0',
  time: 1,
  oid: 1,
  fee: '0.1',
  builderFee: '0.04',
  feeToken: 'USDC',
  closedPnl: '0',
  ...overrides,
});

/** An account in the venue's books: empty unless told otherwise. */
export const truthOf = (overrides: Partial<AccountTruth> = {}): AccountTruth => ({
  cash: new Map(),
  spot: new Map(),
  isolated: new Map(),
  ordered: [],
  positions: new Map(),
  fills: [],
  fundings: [],
  limits: new Map(),
  ...overrides,
});

export const limitsOf = (overrides: Partial<CopyLimits> = {}): CopyLimits => ({
  allocation: '1000',
  maxSize: null,
  maxNotional: null,
  maxShare: null,
  maxLeverage: null,
  venueLeverage: 10,
  ...overrides,
});

export const copyOf = (overrides: Partial<JudgedCopy> = {}): JudgedCopy => ({
  brand: 'Northwind',
  copyId: 'cpy_1',
  leaderId: 'ldr_1',
  limits: limitsOf(),
  paid: new Map(),
  told: [],
  truth: truthOf(),
  ...overrides,
});
