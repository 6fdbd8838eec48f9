export * from './command-contract';
export type { CopyFunding, HeldByCopy, HeldMoment } from './funding';
export { crossesOf, type InternalCross } from './internal-crosses';
export type { OrderResolution } from './order-fills';
export type { PositionState } from './position-states';
export * from './records';
export type { WrittenOrder } from './recovery';
export type { CopyStateChange, EquityState, RunningCopy, RunningEquity } from './running-copies';
export type { LeftPosition, OwnPosition, VenueNet } from './venue-positions';
