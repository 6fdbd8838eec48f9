/** The engine for those who run it inside their own process: the simulation. */
export { bootEngine, type Engine } from './boot';
export { CRASH_POINTS, type CrashPoint, type PassCrashPoint } from './crash-points';
export type { EngineParts } from './engine-parts';
export type { Lead } from './lead';
export { ENGINE_LIMITS, type EngineLimits } from './limits';
export type { NetworkAddress, VenueTuning } from './state/network-address';
export type { OpenedAdapter } from './state/open-adapter';
