import { isFloorClass, type RouteClass, type TierClass } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import type { Refusal } from '../http/problem-exception';

/**
 * From which sustained delay of the event loop on requests of a class are refused, in ms: what can wait longest goes first, what makes the engine trade last.
 * What takes risk away is never refused for it.
 */
export const SHED_FROM_MS: Readonly<Record<TierClass, number>> = { exports: 150, reads: 250, writes: 400, orders: 600 };

/** When a caller may come back, in seconds: spread, so that they do not return together. */
const RETRY_AFTER_LEAST_S = 1;
const RETRY_AFTER_SPREAD_S = 3;

/** Refuses requests while this process cannot keep up, before they cost anything: those it takes are answered in time, and stops get through. */
@Injectable()
export class LoadShed {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  /** The refusal of a request of this class; null: it may come in. */
  refusal(routeClass: RouteClass): Refusal | null {
    const { load, metrics, random } = this.context;
    const delayMs = load.sustainedMs();
    if (isFloorClass(routeClass) || delayMs < SHED_FROM_MS[routeClass]) return null;
    metrics.count('lockstep_shed_total', { class: routeClass });
    return { code: 'unavailable', headers: { 'Retry-After': String(RETRY_AFTER_LEAST_S + random.below(RETRY_AFTER_SPREAD_S)) } };
  }
}
