export * from './command-contract';
export * from './position-states';
export * from './running-copies';
export * from './venue-positions';
export * from './wave-numbers';
