import { type Environment, makeId, type TenantScope } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { KnownStops } from './known-stops';

const tenantId = makeId('tenant', 1, new Uint8Array(10));
const scope = { tenantId, environment: 'test' as Environment } as TenantScope;
const [OWN, SUSPENSION] = [`kill_switch:${tenantId}:test`, `suspension:${tenantId}`];

describe('kill switches and suspensions that are known', () => {
  it('are those that were named, until a reading that began later', () => {
    const { known, namings } = at(0);
    known.name(OWN);
    const began = known.newest;
    known.name(SUSPENSION);
    known.read([], began, 0);
    expect(known.unread).toEqual([SUSPENSION]);
    known.read([], known.newest, 0);
    expect([known.unread, namings()]).toEqual([[], 2]);
  });

  it.each(['', 'maintenance', 'kill_switch:nobody', 'suspension:nobody'])('are no %j', (name) => {
    const { known, namings } = at(0);
    known.name(name);
    expect([known.unread, namings()]).toEqual([[], 0]);
  });
});

describe('what stops a scope and was not heard of', () => {
  const inForce = async () => ({ names: ['kill_switch', OWN], suspended: true });

  it.each<[string, number, readonly string[], number]>([
    ['is not asked for while the last reading is fresh', 50, [], 0],
    ['is what stands in the database where that is older, without what it found and what was named since', 51, ['kill_switch'], 51],
  ])('%s', async (_what, now, names, asOf) => {
    const { known } = at(now);
    known.read([OWN], 0, 0);
    known.name(SUSPENSION);
    expect(await known.unheard(scope, { inForce })).toEqual({ names, asOf });
  });

  it('is everything that stands where nothing was read yet, and counts as named once it is met', async () => {
    const { known, namings } = at(0);
    known.meet((await known.unheard(scope, { inForce })).names);
    expect([known.unread, namings()]).toEqual([['kill_switch', OWN, SUSPENSION], 1]);
  });
});

/** At a monotonic time. */
function at(now: number) {
  let namings = 0;
  const known = new KnownStops(() => now);
  known.onNamed = () => {
    namings += 1;
  };
  return { known, namings: () => namings };
}
