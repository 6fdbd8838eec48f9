export * from './exchange/port';
