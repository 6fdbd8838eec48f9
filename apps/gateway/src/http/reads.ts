import type { ScopedUnit } from '@lockstep/storage';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import type { Answer, NotModified } from './answer';
import type { Call } from './call';
import { ProblemException } from './problem-exception';
import type { ReadTogether } from './read-together';
import { type RevisionOf, taggedAnswer } from './tags';

/** Reads in the caller's scope, each in a read-only transaction. Pages of a narrowed key show what it reaches. */
@Injectable()
export class Reads {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  run<T>(call: Call, work: (unit: ScopedUnit) => Promise<T>): Promise<T> {
    const { narrowing } = call.key;
    return this.context.storage.scoped(call.scope, work, { readOnly: true, ...(narrowing !== null && { within: narrowing }) });
  }

  /** As `run`; nothing found is the one 404 there is. */
  async one<T>(call: Call, work: (unit: ScopedUnit) => Promise<T | null>): Promise<T> {
    const found = await this.run(call, work);
    if (found === null) throw new ProblemException('not_found');
    return found;
  }

  /** As `one`, with the entity tag of what was found. */
  async tagged<T>(call: Call, revision: RevisionOf<T>, work: (unit: ScopedUnit) => Promise<T | null>): Promise<Answer<T> | NotModified> {
    return taggedAnswer(call, await this.one(call, work), revision);
  }

  /** As `tagged`, of an object that is read together with others of the caller's scope. */
  async taggedOf<T>(call: Call, revision: RevisionOf<T>, objects: ReadTogether<T>, id: string): Promise<Answer<T> | NotModified> {
    const found = await objects.find(call.scope, id);
    if (found === null) throw new ProblemException('not_found');
    return taggedAnswer(call, found, revision);
  }
}
