export * from './command-contract';
export * from './funding';
export * from './order-fills';
export * from './position-states';
export * from './recovery';
export * from './running-copies';
export * from './venue-positions';
export * from './wave-numbers';
