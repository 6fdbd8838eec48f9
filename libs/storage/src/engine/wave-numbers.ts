import { present } from '@lockstep/kernel';
import type { ScopedSql, Sql } from '../unit/sql';

/** A wave number for orders that follow no move of the leader (repair, stop, breaker): from the same sequence as moves, so never one of theirs. */
export async function nextWaveNumber(unit: Sql): Promise<number> {
  const [row] = await unit.query(`select nextval('moves_id_seq') as no`);
  return Number(present(row, 'wave number').no);
}

/** Highest nonce journaled in a scope; 0 when none was. Counters of all signers restart above the highest of all scopes. */
export async function highestJournaledNonce(unit: ScopedSql): Promise<number> {
  const [row] = await unit.query(
    'select coalesce(max(max_nonce), 0) as nonce from wave_journal where tenant_id = $1 and environment = $2',
    unit.scopeParameters,
  );
  return Number(present(row, 'highest nonce').nonce);
}
