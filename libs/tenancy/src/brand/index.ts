export * from './colors';
export * from './domain';
export * from './header-prefix';
export * from './host';
export * from './logo';
