export * from './finding';
export * from './submit';
export * from './truth';
export * from './types';
export * from './venue';
export * from './watch';
