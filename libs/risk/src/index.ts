export * from './breaker';
export * from './gate';
export * from './kill-switch';
export * from './loss-floor';
export * from './margin-limit';
export * from './order-limits';
export * from './protective-stop';
