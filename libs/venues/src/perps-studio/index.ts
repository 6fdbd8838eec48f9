export { createPerpsStudioVenue } from './adapter';
export { REQUESTS_PER_MINUTE } from './assumptions';
export type { PerpsStudioConfig, PerpsStudioDeps, PerpsStudioLogEntry, PerpsStudioSettings } from './config';
