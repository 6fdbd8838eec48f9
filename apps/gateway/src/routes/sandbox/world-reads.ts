import { err, ok, type Result } from '@lockstep/kernel';
import { z } from 'zod';
import { type Refusal, refusal } from '../../http/problem-exception';
import type { SandboxAccountBody, SandboxMarketBody } from './sandbox-body';

/** How long the simulated venue may take to answer a read, in ms. */
const ANSWER_TIMEOUT_MS = 5_000;
const AWAY = refusal('venue_unavailable', 'The simulated venue did not answer.');

const contextsSchema = z.tuple([
  z.object({ universe: z.array(z.object({ name: z.string(), maxLeverage: z.number(), isDelisted: z.boolean().default(false) })) }),
  z.array(z.object({ markPx: z.string(), oraclePx: z.string(), midPx: z.string().nullish(), funding: z.string() })),
]);
const stateSchema = z.object({
  marginSummary: z.object({ accountValue: z.string() }),
  withdrawable: z.string(),
  assetPositions: z.array(
    z.object({
      position: z.object({
        coin: z.string(),
        szi: z.string(),
        entryPx: z.string(),
        unrealizedPnl: z.string(),
        leverage: z.object({ value: z.number() }),
        liquidationPx: z.string().nullish(),
      }),
    }),
  ),
});

/** The instruments of a dex of a world, as its public side tells them. */
export async function readMarkets(url: string, dex: string): Promise<Result<SandboxMarketBody[], Refusal>> {
  const answer = await ask(url, { type: 'metaAndAssetCtxs', ...(dex === '' ? {} : { dex }) }, contextsSchema);
  if (!answer.ok) return answer;
  const [{ universe }, contexts] = answer.value;
  return ok(
    universe.flatMap(({ name, maxLeverage, isDelisted }, index) => {
      const context = contexts[index];
      if (isDelisted || context === undefined) return [];
      const { markPx, oraclePx, midPx, funding } = context;
      return { coin: name, mark: markPx, oracle: oraclePx, mid: midPx ?? null, funding_rate: funding, max_leverage: maxLeverage };
    }),
  );
}

/** What an address has on a dex of a world. */
export async function readAccount(url: string, address: string, dex: string): Promise<Result<SandboxAccountBody, Refusal>> {
  const answer = await ask(url, { type: 'clearinghouseState', user: address, ...(dex === '' ? {} : { dex }) }, stateSchema);
  if (!answer.ok) return answer;
  const { marginSummary, withdrawable, assetPositions } = answer.value;
  return ok({
    address,
    dex,
    equity: marginSummary.accountValue,
    withdrawable,
    positions: assetPositions.map(({ position }) => ({
      coin: position.coin,
      size: position.szi,
      entry_price: position.entryPx,
      unrealised_pnl: position.unrealizedPnl,
      leverage: position.leverage.value,
      liquidation_price: position.liquidationPx ?? null,
    })),
  });
}

async function ask<S extends z.ZodType>(url: string, request: object, schema: S): Promise<Result<z.output<S>, Refusal>> {
  try {
    const answer = await fetch(`${url}/info`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    if (answer.status >= 500 || answer.status === 404) return err(AWAY);
    const read = schema.safeParse(await answer.json().catch(() => null));
    return read.success ? ok(read.data) : err(refusal('business_rule', 'Your world has no such dex.'));
  } catch {
    return err(AWAY);
  }
}
