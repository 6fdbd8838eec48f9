export * from './money';
export * from './platform';
export * from './proposals';
export * from './risk-limits';
export * from './roster';
export * from './standing-orders';
export * from './tenancy';
export * from './trading';
