import type { TenantScope } from '@lockstep/kernel';
import { DatabaseAwayError, type ScopedUnit, type Storage, sqlState } from '@lockstep/storage';
import { AskedTogether } from '../app/asked-together';

/** Objects of one unit at most: whoever asks for one of them waits for all. */
const OBJECTS_PER_UNIT = 32;
/** Units of one scope under way at most, so that one is made while the database is at another. */
const UNITS_PER_SCOPE = 2;

/** Presents objects of the unit's scope by their ids; those that are not there are absent. */
export type PresentAll<T> = (unit: ScopedUnit, ids: readonly string[]) => Promise<ReadonlyMap<string, T>>;

/** What came of the look for an object that is there. */
type Found<T> = { readonly body: T } | { readonly failure: unknown };

/** What is asked in one scope, and by how many. */
interface InScope<T> {
  readonly asked: AskedTogether<Found<T>>;
  waiting: number;
}

/**
 * Reads single objects: those asked for in one turn in one scope are read in one unit of work. Scopes never share a unit. Nothing is kept: every object was read
 * after whoever gets it had asked.
 */
export class ReadTogether<T> {
  private readonly scopes = new Map<string, InScope<T>>();

  constructor(
    private readonly storage: Pick<Storage, 'scoped'>,
    private readonly present: PresentAll<T>,
  ) {}

  /** Scopes in which somebody waits. */
  get waitingScopes(): number {
    return this.scopes.size;
  }

  /** The object with this id in the scope; null: there is none. Fails as its own read does, never for an object of another id. */
  async find(scope: TenantScope, id: string): Promise<T | null> {
    const name = `${scope.tenantId} ${scope.environment}`;
    const there = this.scopes.get(name) ?? this.open(scope, name);
    there.waiting += 1;
    try {
      const found = await there.asked.find(id);
      if (found === null) return null;
      if ('failure' in found) throw found.failure;
      return found.body;
    } finally {
      there.waiting -= 1;
      if (there.waiting === 0) this.scopes.delete(name);
    }
  }

  private open(scope: TenantScope, name: string): InScope<T> {
    const most = { namesMax: OBJECTS_PER_UNIT, questionsMax: UNITS_PER_SCOPE };
    const there: InScope<T> = { asked: new AskedTogether((ids) => this.readAll(scope, ids), most), waiting: 0 };
    this.scopes.set(name, there);
    return there;
  }

  private async readAll(scope: TenantScope, ids: readonly string[]): Promise<ReadonlyMap<string, Found<T>>> {
    try {
      const bodies = await this.read(scope, ids);
      return new Map([...bodies].map(([id, body]) => [id, { body }]));
    } catch (failure) {
      if (ids.length === 1 || isForAll(failure)) throw failure;
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

/** A failure that each of them would meet: the database is away, or out of resources (class 53). What took too long may be one of them alone. */
const isForAll = (failure: unknown): boolean => failure instanceof DatabaseAwayError || sqlState(failure)?.startsWith('53') === true;
