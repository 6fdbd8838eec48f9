import type { Clock } from '@lockstep/kernel';
import { MemoryStorage } from '@lockstep/simulation';
import { withoutApproval } from './calm-rows';
import type { SimStore } from './platform-store';

/** A store that forgets everything with its run. */
export function memoryStore(clock: Pick<Clock, 'now'>): SimStore {
  const storage = new MemoryStorage(clock);
  return {
    engine: storage,
    platform: storage,
    rows: async (scope) => {
      const data = storage.data.scope(scope);
      return {
        copies: [...data.copies.all()],
        positions: [...data.positions.all()],
        orders: [...data.orders.all()],
        fills: [...data.fills.all()],
        transactions: [...data.transactions.all()],
        events: data.events,
        accounts: new Map([...data.venueAccounts.all()].map(({ no, address }) => [no, address])),
        unapproved: [...data.venueAccounts.all()].flatMap(withoutApproval),
        followers: new Map([...data.venueAccounts.all()].map(({ followerId, address }) => [followerId, address])),
      };
    },
    moves: async (ids) => ids.flatMap((id) => [...storage.data.movesById.of(id)]),
    close: () => Promise.resolve(),
  };
}
