import { CAPS } from './reasons';

/** How many caps there are; one entry each in a scratch column. */
export const CAP_COUNT = CAPS.length;
