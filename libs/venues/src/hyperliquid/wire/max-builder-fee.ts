import { z } from 'zod';

/** Builder fee a user consented to, in tenths of a basis point; 0 is none. */
export const maxBuilderFeeRequest = (user: string, builder: string) => ({ type: 'maxBuilderFee', user, builder });
export const maxBuilderFeeAnswer = z.number().int().nonnegative();
