import { detectionBench } from './detection';
import { fanoutBench } from './fanout';
import { planBench } from './plan';
import type { Bench } from './report';
import { signBench } from './sign';

/** Every measurement by name. */
export const BENCHES: Readonly<Record<string, Bench>> = { detection: detectionBench, fanout: fanoutBench, plan: planBench, sign: signBench };
