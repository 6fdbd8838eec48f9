export * from './fault';
export * from './meet';
