import type { Clock, Random } from '@lockstep/kernel';
import type { IpLimits } from '@lockstep/simulation';
import type { Halls } from '../halls';
import { type ApiKeys, createApiKeys } from './keys';
import type { SignatureMode } from './submit-action';

/** The simulated Provider API of this process: its keys, how it judges signatures, and the worlds behind it. */
export interface ProviderApi {
  readonly halls: Halls;
  readonly limits: IpLimits;
  readonly clock: Clock;
  readonly keys: ApiKeys;
  signatureMode: SignatureMode;
}

export function createProviderApi(halls: Halls, limits: IpLimits, clock: Clock, random: Random): ProviderApi {
  return { halls, limits, clock, keys: createApiKeys(clock, random), signatureMode: 'strict' };
}
