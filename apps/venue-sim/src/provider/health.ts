import { z } from 'zod';
import { CHECK_METHOD, DEGRADED_LATENCY_MS } from './assumptions';
import { body, type ProviderAnswer, refusal } from './errors';
import { VERTICALS } from './provider-path';
import { ask, type Upstream } from './upstream';

/** What the real API lists; only the first one stands behind this simulator. */
export const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  hyperliquid: ['perps', 'spot', 'rwas'],
  aster: ['perps', 'spot'],
  polymarket: ['predictions'],
};
export const SIMULATED_PROVIDER = 'hyperliquid';

interface Check {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly latency: number;
}

/** A halted exchange is down; one that answers late is degraded. Latency in ms. */
async function check(upstream: Upstream, monotonic: () => number): Promise<Check> {
  const started = monotonic();
  const answered = await ask(upstream, { type: 'exchangeStatus' }, z.object({ time: z.number() }));
  const latency = Math.round(monotonic() - started);
  if (!answered.ok || upstream.hall.clock.halted) return { status: 'down', latency };
  return { status: latency > DEGRADED_LATENCY_MS ? 'degraded' : 'ok', latency };
}

/** `GET /v1/health`. */
export async function health(upstream: Upstream, monotonic: () => number): Promise<ProviderAnswer> {
  const checked = await check(upstream, monotonic);
  const timestamp = new Date(upstream.hall.world.now()).toISOString();
  return body({ status: checked.status, service: 'provider-api', timestamp, providers: { [SIMULATED_PROVIDER]: checked } });
}

/** `GET /v1/health/:provider`. */
export async function providerHealth(upstream: Upstream, monotonic: () => number, provider: string): Promise<ProviderAnswer> {
  if (provider !== SIMULATED_PROVIDER) return unsupported(provider);
  const checked = await check(upstream, monotonic);
  return body({ provider, ...checked, checkedAt: new Date(upstream.hall.world.now()).toISOString(), checkMethod: CHECK_METHOD });
}

/** `GET /v1/providers`. */
export function providers(): ProviderAnswer {
  return body(Object.entries(PROVIDERS).map(([name, verticals]) => ({ name, verticals: VERTICALS.filter((each) => verticals.includes(each)) })));
}

export const unsupported = (provider: string): ProviderAnswer => refusal('UNSUPPORTED_PROVIDER', `Provider ${provider} is not supported`);
