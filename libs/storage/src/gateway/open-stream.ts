import { present } from '@lockstep/kernel';
import type { StreamPosition } from '../rows/trading';
import type { ScopedUnit } from '../scoped-unit';

/** Where a scope's event stream stands; a stream without events is begun, so that a reader has a position from its first moment on. */
export async function openStream(unit: ScopedUnit): Promise<StreamPosition> {
  const standing = await unit.events.head();
  if (standing !== null) return standing;
  await unit.execute(
    `insert into event_streams (tenant_id, environment, top_seq) values ($1, $2, 0)
     on conflict (tenant_id, environment) do nothing`,
    [...unit.scopeParameters],
  );
  return present(await unit.events.head(), 'the event stream just begun');
}
