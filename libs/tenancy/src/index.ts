export * from './api-key';
export * from './api-scopes';
export * from './narrowing';
export * from './operator-roles';
export * from './signed-request';
export * from './tenant-scope';
export * from './tiers';
export * from './verify-key';
