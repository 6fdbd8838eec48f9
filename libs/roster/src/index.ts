export * from './account-sharing';
export * from './copy-life';
export * from './copy-settings';
export * from './limits-codec';
export * from './parties';
export * from './settings-chain';
export * from './settings-codec';
export * from './settings-rules';
