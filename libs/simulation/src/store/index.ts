export type { PlatformData, ScopeData } from './data';
export { asEngineStorage, MemoryStorage } from './memory-storage';
export { MemoryPlatformUnit } from './platform-unit';
export { MemoryScopedUnit } from './scoped-unit';
