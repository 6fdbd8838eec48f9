import { z } from 'zod';

/** How an account keeps its balances (facts §14): `unified` in the spot state, `standard` per dex. */
export const userAbstractionRequest = (user: string) => ({ type: 'userAbstraction', user });

const MODES = { disabled: 'standard', dexAbstraction: 'standard', unifiedAccount: 'unified', portfolioMargin: 'unified' } as const;

/** `default` is what the venue says of an account that never chose; what that means is a setting of ours. A mode nobody knows is refused, not guessed. */
export const userAbstractionAnswer = z.enum(['disabled', 'dexAbstraction', 'unifiedAccount', 'portfolioMargin', 'default']);

/** The account mode behind an answer; `whenDefault` stands for `default`. */
export function accountModeOf(answer: z.output<typeof userAbstractionAnswer>, whenDefault: 'standard' | 'unified'): 'standard' | 'unified' {
  return answer === 'default' ? whenDefault : MODES[answer];
}
