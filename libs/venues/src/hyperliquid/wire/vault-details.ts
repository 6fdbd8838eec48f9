import { z } from 'zod';
import { addressText } from '../parse/amounts';

/** A vault's particulars (facts §9); who leads it is all that is read. */
export const vaultDetailsRequest = (vaultAddress: string) => ({ type: 'vaultDetails', vaultAddress });
export const vaultDetailsAnswer = z.object({ leader: addressText });
