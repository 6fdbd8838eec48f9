import { detectionBench } from './detection';
import { egressBench } from './egress';
import { fanoutBench } from './fanout';
import { planBench } from './plan';
import type { Bench } from './report';
import { riskBench } from './risk';
import { signBench } from './sign';

/** Every measurement by name. */
export const BENCHES: Readonly<Record<string, Bench>> = {
  detection: detectionBench,
  egress: egressBench,
  fanout: fanoutBench,
  plan: planBench,
  risk: riskBench,
  sign: signBench,
};
