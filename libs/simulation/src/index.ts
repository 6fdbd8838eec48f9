export * from './clock/clock';
export * from './clock/ids';
export * from './clock/random';
export * from './exchange/config';
export * from './exchange/port';
export * from './exchange/universe';
export { createWorld } from './exchange/world';
