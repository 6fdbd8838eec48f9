import type { CopyId, TenantScope } from '@lockstep/kernel';
import { makeId, money, RATE_ONE, rate, UNIT } from '@lockstep/kernel';
import { type LedgerTransaction, postFill, postFunding } from '@lockstep/ledger';
import { silentLogger, type Wakeups } from '@lockstep/platform';
import type { TestStorage } from '../../../../libs/storage/src/testing/test-storage';
import type { BackofficeContext } from '../context';
import { BACKOFFICE_LIMITS } from '../limits';
import { worldControl } from '../sandbox/world-control';

/** Nobody listens there. */
const NOBODY = 'http://127.0.0.1:1';

/** A back office on a test database that remembers whom it woke and what it counted. */
export interface TestContext extends BackofficeContext {
  readonly woken: string[];
  readonly counted: string[];
}

export async function testContext(test: TestStorage): Promise<TestContext> {
  const woken: string[] = [];
  const counted: string[] = [];
  const wakeups: Wakeups = {
    publish: async (channel, payload) => void woken.push(`${channel} ${payload}`),
    subscribe: async () => async () => undefined,
    onReconnect: () => () => undefined,
    close: async () => undefined,
  };
  const count = (name: string) => () => void counted.push(name);
  return {
    clock: test.clock,
    ids: test.ids,
    log: silentLogger,
    storage: await test.as('backoffice'),
    wakeups,
    // Small chunks, so that a file has several.
    limits: { ...BACKOFFICE_LIMITS, chunkBytes: 512 },
    counters: {
      settlementClosed: count('settlement closed'),
      settlementFailed: count('settlement failed'),
      exportRendered: count('export'),
      jobEnded: (result) => void counted.push(`job ${result}`),
      scopesWoken: count('woken'),
      ledgerUnbalanced: count('unbalanced'),
    },
    worlds: worldControl({ controlUrl: NOBODY, controlKey: null, venueUrl: NOBODY, timeoutMs: 1_000, ask: fetch }),
    pause: async () => undefined,
    woken,
    counted,
  };
}

export const copyNumber = (no: number): CopyId => makeId('copy', no, new Uint8Array(10));

/** A fill of $50 with 3 bp markup owned by the operator, a quarter of it his, and 4.5 bp trading fee. */
export function fillOf(no: number, copy: number, at: number, closedPnl = 0n): LedgerTransaction {
  const posted = postFill({
    source: `fill:test:${no}`,
    copyId: copyNumber(copy),
    occurredAtMs: at,
    coin: 'BTC',
    notional: money(50n * UNIT),
    asset: 'USDC',
    closedPnl: money(closedPnl),
    feeAsset: 'USDC',
    fee: money(3_750_000n),
    builderFee: money(1_500_000n),
    markup: { builderOwner: 'operator', operatorShare: rate(RATE_ONE / 4n), scheduleVersion: 1 },
  });
  if (posted === null) throw new Error('a fill with fees is booked');
  return posted;
}

export function fundingOf(no: number, copy: number, at: number, amount: bigint): LedgerTransaction {
  const posted = postFunding({
    source: `funding:test:${no}`,
    copyId: copyNumber(copy),
    occurredAtMs: at,
    coin: 'BTC',
    asset: 'USDC',
    amount: money(amount),
  });
  if (posted === null) throw new Error('funding above zero is booked');
  return posted;
}

/** Posts as the engine does. */
export async function postAs(test: TestStorage, scope: TenantScope, transactions: readonly LedgerTransaction[]): Promise<void> {
  const engine = await test.as('engine');
  await engine.scoped(scope, (unit) => unit.ledger.post(transactions));
}
