export * from './accounts';
export * from './outcome-class';
export * from './submit';
export * from './truth';
export * from './types';
export * from './venue';
export * from './watch';
export * from './working-orders';
