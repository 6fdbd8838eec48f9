export * from './copy-settings';
