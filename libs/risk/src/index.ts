export * from './breaker';
export * from './gate';
export * from './order-limits';
