import { err, ok, type Result } from '@lockstep/kernel';
import type { Exchange } from '../exchange';
import { asObject, asText } from '../json';
import type { Json, Subscription } from '../port';
import type { Sink } from '../state';
import { MARKET_PLANNERS } from './market-plans';
import type { Planner } from './plan';
import { USER_PLANNERS } from './user-plans';

const PLANNERS: ReadonlyMap<string, Planner> = new Map([...USER_PLANNERS, ...MARKET_PLANNERS]);

/** Opens a subscription, or answers the venue's refusal. Unknown keys do not stand in the echo; defaults do. */
export function subscribe(ex: Exchange, subscription: Json, sink: Sink): Result<Subscription, string> {
  const request = asObject(subscription);
  const planner = PLANNERS.get(asText(request?.type) ?? '');
  const plan = request === null || planner === undefined ? null : planner(ex, request);
  if (plan === null) return err(`Invalid subscription ${JSON.stringify(subscription)}`);
  const initial = plan.initial();
  return ok({ echo: plan.echo, initial, close: plan.attach(sink) });
}
