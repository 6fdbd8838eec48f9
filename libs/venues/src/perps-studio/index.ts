export { createPerpsStudioVenue } from './adapter';
export { REQUESTS_PER_MINUTE } from './assumptions';
export { checkPerpsStudio, type PerpsStudioCheckupPlan } from './checkup';
export type { PerpsStudioConfig, PerpsStudioDeps, PerpsStudioLogEntry, PerpsStudioSettings } from './config';
export { perpsStudioConfig } from './config';
