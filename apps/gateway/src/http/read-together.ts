import type { TenantScope } from '@lockstep/kernel';
import { isDatabaseAway, type ScopedUnit, type Storage } from '@lockstep/storage';
import { AskedTogether } from '../app/asked-together';

/** Objects of one unit at most: whoever asks for one of them waits for all. */
const OBJECTS_PER_UNIT = 32;
/** Units of one scope under way at most, so that one is made while the database is at another. */
const UNITS_PER_SCOPE = 2;

/** Presents objects of the unit's scope by their ids; those that are not there are absent. */
export type PresentAll<T> = (unit: ScopedUnit, ids: readonly string[]) => Promise<ReadonlyMap<string, T>>;

/** What came of the look for an object that is there. */
type Found<T> = { readonly body: T } | { readonly failure: unknown };

/**
 * Reads single objects: those asked for in one turn in one scope are read in one unit of work. Scopes never share a unit. Nothing is kept: every object was read
 * after whoever gets it had asked.
 */
export class ReadTogether<T> {
  private readonly scopes = new Map<string, AskedTogether<Found<T>>>();

  constructor(
    private readonly storage: Pick<Storage, 'scoped'>,
    private readonly present: PresentAll<T>,
  ) {}

  /** The object with this id in the scope; null: there is none. Fails as its own read does, never as that of another. */
  async find(scope: TenantScope, id: string): Promise<T | null> {
    const name = `${scope.tenantId} ${scope.environment}`;
    const asked = this.scopes.get(name) ?? this.open(scope, name);
    try {
      const found = await asked.find(id);
      if (found === null) return null;
      if ('failure' in found) throw found.failure;
      return found.body;
    } finally {
      if (asked.isIdle && this.scopes.get(name) === asked) this.scopes.delete(name);
    }
  }

  private open(scope: TenantScope, name: string): AskedTogether<Found<T>> {
    const asked = new AskedTogether<Found<T>>((ids) => this.readAll(scope, ids), { namesMax: OBJECTS_PER_UNIT, questionsMax: UNITS_PER_SCOPE });
    this.scopes.set(name, asked);
    return asked;
  }

  private async readAll(scope: TenantScope, ids: readonly string[]): Promise<ReadonlyMap<string, Found<T>>> {
    try {
      const bodies = await this.read(scope, ids);
      return new Map([...bodies].map(([id, body]) => [id, { body }]));
    } catch (failure) {
      if (ids.length === 1 || isDatabaseAway(failure)) throw failure;
      // Which of them cannot be read is not known: each is read for itself.
      const alone = await Promise.all(ids.map(async (id) => [id, await this.readAlone(scope, id)] as const));
      return new Map(alone.flatMap(([id, found]) => (found === null ? [] : [[id, found]])));
    }
  }

  private async readAlone(scope: TenantScope, id: string): Promise<Found<T> | null> {
    try {
      const body = (await this.read(scope, [id])).get(id);
      return body === undefined ? null : { body };
    } catch (failure) {
      return { failure };
    }
  }

  private read(scope: TenantScope, ids: readonly string[]): Promise<ReadonlyMap<string, T>> {
    return this.storage.scoped(scope, (unit) => this.present(unit, ids), { readOnly: true });
  }
}
