export * from './clock/clock';
export * from './clock/ids';
export * from './clock/random';
export * from './config/child-environment';
export * from './config/config';
export { type ProcessName, VARIABLES, type VariableName } from './config/variables';
export * from './log/logger';
export { redactText } from './log/redact';
export * from './log/secret';
