export * from './accruals';
export * from './exports';
export * from './fee-terms';
export * from './file-rows';
export * from './job-kinds';
export * from './settlements';
export * from './statement';
