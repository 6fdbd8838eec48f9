import { type ContractStore, engineStorageContract } from '@lockstep/storage/testing/engine-storage-contract';
import { type TestClock, testIds } from '@lockstep/storage/testing/test-storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { asEngineStorage, MemoryStorage } from './memory-storage';

async function openMemory(clock: TestClock): Promise<ContractStore> {
  const memory = new MemoryStorage(clock);
  const ids = testIds(clock);
  return {
    engine: asEngineStorage(memory),
    gateway: (scope, work) => memory.scoped(scope, work),
    operator: (work) => memory.platform(work),
    tenant: (name, environment = 'live') =>
      memory.platform(async (unit) => {
        const id = ids.next('tenant');
        await unit.tenants.putTier('starter');
        const row = { id, name, host: null, branding: {}, tier: 'starter', status: 'active', timeZone: 'UTC' } as const;
        await unit.tenants.insert({ ...row, createdAt: unit.now, updatedAt: unit.now });
        return scopeFromPlatformList(id, environment);
      }),
    kept: async (scope) => {
      const { journal, orders, fills, events, transactions } = memory.data.scope(scope);
      const unfinished = journal.filter(({ completedAt }) => completedAt === null);
      return { journal: unfinished, orders: [...orders.all()], fills: [...fills.all()], events: [...events], transactions: [...transactions.all()] };
    },
    close: async () => undefined,
  };
}

engineStorageContract('memory', openMemory);
