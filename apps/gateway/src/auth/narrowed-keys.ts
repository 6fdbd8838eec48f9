import { isInside, scopeFromVerifiedKey, type VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import type { GatewayRequest } from '../http/call';
import { ProblemException } from '../http/problem-exception';
import { belongsOf } from './belongs';
import { type Place, reachOf } from './narrowed-routes';

/** Keeps narrowed keys inside: what an operation names has to lie there, what it lists is cut by its pages, and what can do neither is refused. */
@Injectable()
export class NarrowedKeys {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  /** Throws what a narrowed key is refused with. An object outside is the same 404 as none at all. */
  async check(key: VerifiedKey, operation: string, request: GatewayRequest): Promise<void> {
    const { narrowing } = key;
    if (narrowing === null) return;
    const reach = reachOf(operation, narrowing.kind);
    if (reach === undefined)
      throw new ProblemException('key_narrowed', { detail: 'What this operation does cannot be kept to what the key reaches.' });
    if (typeof reach === 'string') return;
    const id = named(request, reach);
    const object = await this.context.storage.scoped(scopeFromVerifiedKey(key), (unit) => belongsOf(unit, id), { readOnly: true });
    if (!isInside(narrowing, object)) throw new ProblemException('not_found');
  }
}

/** The id a request names. What is no text is refused here as validation would refuse it: its turn comes later. */
function named(request: GatewayRequest, place: Place): string {
  const part = place.in === 'path' ? request.params : place.in === 'body' ? request.body : request.query;
  const value: unknown = typeof part === 'object' && part !== null && Object.hasOwn(part, place.name) ? Reflect.get(part, place.name) : undefined;
  if (typeof value === 'string') return value;
  const pointer = place.in === 'body' ? `/${place.name}` : `${place.in}/${place.name}`;
  throw new ProblemException('invalid_request', { errors: [{ pointer, code: 'invalid_type', detail: 'an id' }] });
}
