export * from './api-key';
export * from './api-scopes';
export * from './route-classes';
export * from './tenant-scope';
export * from './tiers';
export * from './verify-key';
