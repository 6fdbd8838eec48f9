import { describe, expect, it, vi } from 'vitest';
import type { Bookkeeper } from '../books/bookkeeper';
import type { FillCollector } from '../books/collect-fills';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import type { Network } from '../state/networks';
import type { AccountRecord, CopyRecord } from '../state/registry';
import type { WaveLanes } from '../wave/wave-lanes';
import { Reconciler } from './reconcile';

/** A rotation over many accounts, every second one on another network; `asked` are those whose comparison began, in order. None can be read. */
function rotation(count: number) {
  const networks = [{ name: 'here' } as Network, { name: 'there' } as Network] as const;
  const accounts = Array.from({ length: count }, (_, index) => ({ index, no: index + 1, network: networks[index % 2] }) as AccountRecord);
  const asked: number[] = [];
  const registry = { accounts: () => accounts, copiesOf: () => [{} as CopyRecord] };
  const ctx = { registry, limits: ENGINE_LIMITS, sending: { busy: false } } as unknown as EngineContext;
  const collector = {
    read: async (account: AccountRecord) => {
      asked.push(account.no);
      return false;
    },
  } as unknown as FillCollector;
  const reconciler = new Reconciler(ctx, {} as Bookkeeper, collector, {} as WaveLanes);
  const turn = async (size: number): Promise<void> => {
    const before = asked.length;
    await vi.waitFor(() => expect(asked.length - before).toBeGreaterThanOrEqual(size), 10_000);
  };
  return { accounts, asked, reconciler, turn };
}

describe('the rotation of comparisons', () => {
  it('takes the accounts of a leader that came back first, at its own pace', async () => {
    const { accounts, asked, reconciler, turn } = rotation(10_000);
    const { reconcileAccountsMax } = ENGINE_LIMITS;
    reconciler.next(accounts.slice(5_000, 5_000 + reconcileAccountsMax + 10));
    reconciler.start();
    await turn(reconcileAccountsMax);
    expect(asked).toEqual(Array.from({ length: reconcileAccountsMax }, (_, index) => 5_001 + index));
    await turn(reconcileAccountsMax);
    reconciler.stop();
    expect(asked.slice(reconcileAccountsMax)).toEqual([
      ...Array.from({ length: 10 }, (_, index) => 5_001 + reconcileAccountsMax + index),
      ...Array.from({ length: reconcileAccountsMax - 10 }, (_, index) => 1 + index),
    ]);
  });

  it('does not let a few accounts wait for a whole round', async () => {
    const { accounts, asked, reconciler, turn } = rotation(12);
    reconciler.next(accounts.slice(2));
    reconciler.start();
    await turn(ENGINE_LIMITS.resyncAccountsMax);
    reconciler.stop();
    expect(asked).toEqual(accounts.slice(2).map(({ no }) => no));
  });

  it('is not held up by a network that cannot be read: the rest of it waits for its next turn', async () => {
    const { asked, reconciler } = rotation(10_000);
    await reconciler.all();
    const { truthReadsMax } = ENGINE_LIMITS;
    // Of each of the two networks so many as show it, and those whose reading had begun by then.
    expect(asked.length).toBeGreaterThanOrEqual(2 * truthReadsMax);
    expect(asked.length).toBeLessThanOrEqual(4 * truthReadsMax);
  });
});
