import type { TenantScope } from '@lockstep/kernel';
import { ALLOWED, STATUS } from '@lockstep/replication';
import { entryOf, instrumentOf, rateOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { encodeCopySettings } from '@lockstep/roster';
import type { PositionState, ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import { changeLimits } from '../commands/change-limits';
import type { CommandParts } from '../commands/command-end';
import { type EngineContext, StopVersion } from '../context';
import { CopyLedger } from './copy-ledger';
import { LimitChain, putLimits } from './limit-chain';
import { type CopyRecord, Registry } from './registry';

const RED = { tenantId: 'ten_red', environment: 'test' } as unknown as TenantScope;
const RED_LIVE = { tenantId: 'ten_red', environment: 'live' } as unknown as TenantScope;
const BLUE = { tenantId: 'ten_blue', environment: 'test' } as unknown as TenantScope;

/** Copies of three scopes in one book, each with a leverage of at most 5 of its own, and limits as the database has them by scope and target. */
function stage() {
  const { book, sheet } = new Stage();
  const watched = { book };
  const registry = new Registry();
  const chain = new LimitChain();
  const own = settingsOf('1', { caps: { ...settingsOf('1').caps, maxLeverage: rateOf('5') } });
  const stored = new Map<string, { readonly targetId: string; readonly version: number; readonly limits: unknown }>();
  const key = (scope: TenantScope, targetId: string): string => `${scope.tenantId} ${scope.environment} ${targetId}`;
  const copies = [RED, RED, RED_LIVE, BLUE].map((scope, index) => {
    const no = index + 1;
    const row = book.addCopy(entryOf(no, own));
    const copy = {
      no,
      id: `cpy_${no}`,
      row,
      followerId: `flw_${no}`,
      group: { scope, leaderId: 'ldr_a' },
      account: { scope },
      ownSettings: own,
      settings: own,
      settingsVersion: 3,
      watched,
    } as unknown as CopyRecord;
    registry.copies.set(no, copy);
    return copy;
  });
  const stops = new StopVersion();
  /** When what is owed is over, as it is written. */
  const windows: (readonly [copyNo: number, owedUntilMs: number])[] = [];
  const savePositionStates = async (states: readonly PositionState[]): Promise<void> => {
    windows.push(...states.map(({ copyNo, owedUntilMs }) => [copyNo, owedUntilMs] as const));
  };
  const ctx = {
    chain,
    registry,
    stops,
    booked: new CopyLedger(),
    storage: {
      scoped: async <T>(scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) =>
        work({
          riskLimits: { findOne: async ({ targetId }: { targetId: string }) => stored.get(key(scope, targetId)) ?? null },
          records: { savePositionStates },
        } as unknown as ScopedUnit),
    },
  } as unknown as EngineContext;
  const alone: string[] = [];
  const parts = {
    books: { run: async <T>(_scope: TenantScope, work: () => Promise<T>) => work() },
    lanes: {
      alone: async (_watched: unknown, coin: string, work: () => Promise<void>) => {
        alone.push(coin);
        await work();
      },
    },
  } as unknown as CommandParts;
  const set = (scope: TenantScope, targetId: string, limits: unknown) => {
    stored.set(key(scope, targetId), { targetId, version: 1, limits });
    return changeLimits(ctx, parts, scope, targetId);
  };
  const leverages = () => copies.map((copy) => (book.copies.maxLeverage[copy.row] ?? 0) / 1e12);
  const blocked = () => copies.map((copy) => ((book.copies.status[copy.row] ?? 0) & STATUS.policyBlocked) !== 0);
  return { chain, copies, sheet, set, stored, key, ctx, stops, leverages, blocked, own, windows, alone };
}

describe('limits above the copies', () => {
  it.each([
    ['of the tenant bind its copies in that environment alone', RED, 'ten_red', [2, 2, 5, 5]],
    ['of a leader bind the scope’s copies of it, although another scope’s has the same name', RED, 'ldr_a', [2, 2, 5, 5]],
    ['of a follower bind its copies alone', RED, 'flw_2', [5, 2, 5, 5]],
    ['of somebody without copies bind none', BLUE, 'flw_2', [5, 5, 5, 5]],
  ] as const)('%s', async (_what, scope, target, bound) => {
    const { set, leverages } = stage();
    const end = await set(scope, target, { caps: { max_leverage: '2' } });
    expect(leverages()).toEqual(bound);
    expect(end).toEqual({ status: 'applied', result: { copies: bound.filter((value) => value === 2).length } });
  });

  it('merge by the least, are undone when taken away, and make waves look again', async () => {
    const { set, leverages, stops, copies, own } = stage();
    await set(RED, 'ten_red', { caps: { max_leverage: '3' } });
    await set(RED, 'flw_1', { caps: { max_leverage: '4' } });
    expect(leverages()).toEqual([3, 3, 5, 5]);
    await set(RED, 'flw_1', { caps: { max_leverage: '1' } });
    const before = stops.current;
    await set(RED, 'ten_red', {});
    expect(leverages()).toEqual([1, 5, 5, 5]);
    expect(stops.current).toBe(before + 1);
    // What the copy's owner chose is kept, and so is its version.
    expect(encodeCopySettings(copies[0]?.ownSettings ?? own)).toEqual(encodeCopySettings(own));
    expect(copies[0]?.settingsVersion).toBe(3);
  });

  it('give choices to the copies that leave them to others, and to all where they are fixed, from the next decision on', async () => {
    const { set, copies, own } = stage();
    Object.assign(copies[0] ?? fail(), { ownSettings: { ...own, inherits: ['catch_up_ms'] } });
    const windows = () => copies.map((copy) => copy.watched.book.copies.catchUpMs[copy.row]);
    const mine = own.catchUpMs;
    await set(RED, 'ten_red', { choices: { catch_up_ms: { value: 1_500, locked: false } } });
    expect(windows()).toEqual([1_500, mine, mine, mine]);
    await set(RED, 'ldr_a', { choices: { catch_up_ms: { value: 2_500, locked: true } } });
    expect(windows()).toEqual([2_500, 2_500, mine, mine]);
    expect(copies[0]?.settings.catchUpMs).toBe(2_500);
    await set(RED, 'ldr_a', {});
    await set(RED, 'ten_red', {});
    expect(windows()).toEqual([mine, mine, mine, mine]);
  });

  it('that shorten what is owed bind at once, and that is written behind the waves: a restart finds no longer window', async () => {
    const { set, copies, sheet, own, windows, alone } = stage();
    sheet.rows.owedUntil.fill(1_000_000, 0, 4);
    const end = await set(RED, 'ten_red', { choices: { catch_up_ms: { value: own.catchUpMs - 500, locked: true } } });
    expect([[...sheet.rows.owedUntil.slice(0, 4)], end.status, windows]).toEqual([[999_500, 999_500, 1_000_000, 1_000_000], 'later', []]);
    const rest = () => (end.status === 'later' ? end.rest?.() : undefined);
    for (let again = 0; again < 2; again += 1) expect(await rest()).toEqual({ status: 'applied', result: { copies: 2 } });
    expect([windows, alone]).toEqual([copies.slice(0, 2).map(({ no }) => [no, 999_500]), [sheet.instrument.coin]]);
  });

  it('of the platform bind everybody, and of the operator for one tenant both its environments', () => {
    const { chain, copies, leverages } = stage();
    const rows = [
      { targetId: 'platform', version: 1, limits: { caps: { max_leverage: '4' } } },
      { targetId: 'ten_red', version: 1, limits: { caps: { max_leverage: '2' } } },
    ];
    expect(chain.takePlatform(rows)).toBe(true);
    for (const copy of copies) putLimits(chain, copy);
    expect(leverages()).toEqual([2, 2, 2, 4]);
    expect(chain.takePlatform(rows)).toBe(false);
    expect(chain.takePlatform([])).toBe(true);
    for (const copy of copies) putLimits(chain, copy);
    expect(leverages()).toEqual([5, 5, 5, 5]);
  });

  it('on instruments deny as a policy, before the copy’s own filter is asked, also in instruments met later', async () => {
    const { set, copies } = stage();
    await set(RED, 'flw_1', { instruments: { kind: 'except', coins: ['BTC', 'ETH'] } });
    const [bound, free] = copies;
    const { book } = bound?.watched ?? fail();
    putLimits(new LimitChain(), Object.assign(free ?? fail(), { ownSettings: settingsOf('1', { instruments: { kind: 'only', coins: ['SOL'] } }) }));
    const eth = book.sheet(instrumentOf('ETH'));
    const btc = book.sheet(instrumentOf('BTC'));
    const allowed = (sheet: typeof eth, copy: CopyRecord | undefined) => sheet.rows.allowed[copy?.row ?? -1];
    expect([allowed(btc, bound), allowed(eth, bound), allowed(eth, free)]).toEqual([ALLOWED.policy, ALLOWED.policy, ALLOWED.no]);
    await set(RED, 'flw_1', {});
    expect(allowed(eth, bound)).toBe(ALLOWED.yes);
  });

  it('that cannot be read let nothing below them take new risk, until they can', async () => {
    const { set, blocked, leverages } = stage();
    await set(RED, 'flw_1', { caps: { max_leverage: '2', max_of_a_later_version: '1' } });
    expect(blocked()).toEqual([true, false, false, false]);
    await set(RED, 'flw_1', { caps: { max_leverage: '2' } });
    expect([blocked()[0], leverages()[0]]).toEqual([false, 2]);
  });
});

function fail(): never {
  throw new Error('not there');
}
