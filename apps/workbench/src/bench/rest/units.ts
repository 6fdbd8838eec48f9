import { present, type TenantScope } from '@lockstep/kernel';
import { systemClock } from '@lockstep/platform';
import { bindingCopies, detailsOfCopies, openStorage } from '@lockstep/storage';
import type { Answered } from './closed-loop';

/** Connections of a gateway to the database. */
const POOL_MAX = 16;

/** Reads one copy a unit, as the gateway does where nobody else asks, again and again, without a gateway around it. */
export interface UnitReader {
  read(connections: number, seconds: number): Promise<Answered>;
  close(): Promise<void>;
}

/** Opens the database in the gateway's role. */
export async function openUnits(url: string, scope: TenantScope, copyIds: readonly string[]): Promise<UnitReader> {
  const storage = await openStorage({ url, role: 'app', clock: systemClock, poolMax: POOL_MAX });
  let next = 0;
  const read = async (): Promise<void> => {
    const ids = [present(copyIds[next++ % copyIds.length], 'a copy to read')];
    await storage.scoped(scope, (unit) => Promise.all([detailsOfCopies(unit, ids), bindingCopies(unit, ids), unit.sandboxes.businessNow()]), {
      readOnly: true,
    });
  };
  return {
    read: async (connections, seconds) => {
      const ms: number[] = [];
      const from = performance.now();
      const one = async (): Promise<void> => {
        while (performance.now() - from < seconds * 1_000) {
          const at = performance.now();
          await read();
          ms.push(performance.now() - at);
        }
      };
      await Promise.all(Array.from({ length: connections }, one));
      return { ms, seconds: (performance.now() - from) / 1_000, statuses: { 200: ms.length } };
    },
    close: () => storage.close(),
  };
}
