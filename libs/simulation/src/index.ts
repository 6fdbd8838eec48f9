export { createAuditor } from './auditor/auditor';
export type * from './auditor/calm';
export type * from './auditor/observations';
export { AUDITOR_DEFAULTS, type AuditorOptions } from './auditor/options';
export type { Auditor, AuditorCounts } from './auditor/port';
export type * from './auditor/terms';
export { MAX_VIOLATIONS, VIOLATION_KINDS, type Violation, type ViolationKind } from './auditor/violation';
export * from './clock/clock';
export * from './clock/ids';
export * from './clock/random';
export { VirtualProcess, VirtualTime } from './clock/virtual-time';
export * from './exchange/config';
export * from './exchange/port';
export * from './exchange/universe';
export { createWorld } from './exchange/world';
export { createIpLimits, IP_LIMITS, type IpLimitSettings, type IpLimits, NO_LIMITS } from './limits/ip-limits';
export { actionWeight, infoWeight, rowsWeight } from './limits/weights';
export { createWindowOf, IP_WINDOWS, type IpWindow, type Window } from './limits/window';
export { candlePath } from './makers/candle-path';
export { type Candle, parseCandles } from './makers/candles';
export { type Chance, seededChance } from './makers/chance';
export { driveMakers, type MakerDriver } from './makers/maker-driver';
export type { PricePath } from './makers/price-path';
export { pegged, walk } from './makers/walk';
export * from './scenario/cast';
export { coinNamed, lotsWorth, onGrid } from './scenario/coins';
export { CONDITIONS, type Condition } from './scenario/conditions';
export { withoutSteps } from './scenario/cut';
export { countsOf, describeScenario, type ScenarioCounts } from './scenario/describe';
export { type Draws, draws } from './scenario/draws';
export { FAULT_KINDS, faultName, type ScenarioFault, VENUE_MESSAGE_FAULTS, type VenueMessageFault } from './scenario/faults';
export { fitTrade, raisesRisk } from './scenario/positions';
export { printScenario, printStep } from './scenario/print';
export { brokenPromises } from './scenario/promises';
export { parseRecordedTrades } from './scenario/recorded';
export {
  type CandleSet,
  type RecordedMarkets,
  type RecordedWorld,
  recordedScenarioOf,
  recordedWorld,
  recordedWorlds,
} from './scenario/recorded-world';
export * from './scenario/scenario';
export { scenarioOf } from './scenario/scenario-of';
export {
  type CloseAllTarget,
  type LeaderFill as ScenarioLeaderFill,
  type LeaderOrderTerms,
  type LeaderTrades,
  type LimitTarget,
  type ListingStep,
  type LockLost,
  type OwnSize,
  type QuoteRow,
  REGIMES,
  type Regime,
  type RightsStep,
  STEP_KINDS,
  STOP_MODES,
  type Step as ScenarioStep,
  type StepKind as ScenarioStepKind,
  type StopMode,
  type SuspensionStep,
  type SwitchTarget,
  TRADE_INTENTS,
  type TradeIntent,
  WAVE_WRITTEN,
} from './scenario/steps';
export * from './scenario/terms';
export { type WorldPlayer, worldPlayer } from './scenario/world-player';
export {
  type AccountWish,
  type ControlClient,
  ControlRefusal,
  createControlClient,
  type FaultWish,
  type TradeOutcome,
  type TradeWish,
  type WorldWish,
} from './server-process/control-client';
export { startVenueProcess, type VenueProcess, type VenueProcessOrder } from './server-process/venue-process';
export type { TextForm } from './signing/batch';
export { createRecoverer, type RecoverError, type Recoverer } from './signing/recoverer';
export { type ActionJson, readSignedRequest, type SignedRequest } from './signing/request';
export {
  createVerifier,
  type SignedText,
  VERIFIER_DEFAULTS,
  type Verifier,
  type VerifierConfig,
  type VerifierStats,
  type VerifyError,
} from './signing/verifier';
export { formatVerifyMode, parseVerifyMode, type VerifyMode } from './signing/verify-mode';
export { MemoryStorage } from './store';
export { Link, type LinkFaults, type Message, NO_FAULTS, type Passage, SMOOTH } from './venue/link';
export type { HandedOrder, HandedStop, Traffic } from './venue/traffic';
export { contextsOf } from './venue/truth';
export { WorldClock } from './venue/world-clock';
export { openWorldVenue, WORLD_VENUE_TERMS, type WorldVenueTerms } from './venue/world-venue';
