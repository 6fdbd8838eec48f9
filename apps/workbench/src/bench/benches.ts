import { detectionBench } from './detection';
import { egressBench } from './egress';
import { fanoutBench } from './fanout';
import { impactBench } from './impact';
import { limitsBench } from './limits';
import { planBench } from './plan';
import type { Bench } from './report';
import { restBench } from './rest';
import { riskBench } from './risk';
import { signBench } from './sign';

/** Every measurement by name. */
export const BENCHES: Readonly<Record<string, Bench>> = {
  detection: detectionBench,
  egress: egressBench,
  fanout: fanoutBench,
  impact: impactBench,
  limits: limitsBench,
  plan: planBench,
  rest: restBench,
  risk: riskBench,
  sign: signBench,
};
