export { AddressBudgets } from './address-budgets';
export { Departures } from './departures';
export { type ClassMix, type EgressForecast, evenly, forecast, type IpForecast, ipsNeeded } from './forecast';
export { type Bound, IpBudget, type MeterUsage } from './ip-budget';
export { type AddressLimits, CLASSES, type Cost, type EgressClass, type IpLimits, type MeterLimit, QUEUED, type QueuedClass } from './limits';
export { type EgressOrder, EgressScheduler } from './scheduler';
export { SpendWindow } from './spend-window';
export { type EgressStanding, egressStandingSchema, schedulerFrom, standingOf } from './standing';
export type { Grant, Rows } from './waiting';
