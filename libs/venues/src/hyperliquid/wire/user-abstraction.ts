import { z } from 'zod';

/** How an account keeps its balances (facts §14): `unified` in the spot state, `standard` per dex. */
export const userAbstractionRequest = (user: string) => ({ type: 'userAbstraction', user });
export const userAbstractionAnswer = z
  .string()
  .transform((mode) => (mode === 'unifiedAccount' || mode === 'portfolioMargin' ? ('unified' as const) : ('standard' as const)));
