import { z } from 'zod';
import { moneyText } from '../parse/amounts';

/** Spot balances of a user: where unified accounts keep their collateral (facts §14). */
export const spotClearinghouseStateRequest = (user: string) => ({ type: 'spotClearinghouseState', user });
export const spotClearinghouseStateAnswer = z.object({ balances: z.array(z.object({ coin: z.string(), total: moneyText, hold: moneyText })) });
