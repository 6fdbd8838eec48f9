import { fanoutBench } from './fanout';
import type { Bench } from './report';
import { signBench } from './sign';

/** Every measurement by name. */
export const BENCHES: Readonly<Record<string, Bench>> = { fanout: fanoutBench, sign: signBench };
