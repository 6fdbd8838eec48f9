import type { EnginePlatformUnit, EngineScopedUnit, EngineStorage } from '../../engine-port';
import type { UnitOptions } from '../../storage';

type MethodsOf<Unit> = {
  [Part in keyof Unit & string]: Unit[Part] extends object
    ? { [Name in keyof Unit[Part] & string]: Unit[Part][Name] extends (...given: never[]) => unknown ? `${Part}.${Name}` : never }[keyof Unit[Part] &
        string]
    : never;
}[keyof Unit & string];

export type ScopedMethod = MethodsOf<Omit<EngineScopedUnit, 'scope' | 'now'>>;
export type PlatformMethod = MethodsOf<Omit<EnginePlatformUnit, 'now'>> | 'markets.networks.find' | 'markets.networks.findOne';

/** Every method of the port, by the compiler's word: one that is added without a test of the suite is a type error here, then a red test. */
export const SCOPED_METHODS: Readonly<Record<ScopedMethod, true>> = {
  'commands.begunSince': true,
  'commands.noteBegun': true,
  'commands.pending': true,
  'commands.settle': true,
  'copies.settings': true,
  'copies.update': true,
  'entitlements.findOne': true,
  'entitlements.granted': true,
  'events.append': true,
  'feeSchedules.versions': true,
  'fills.insert': true,
  'journal.insertAll': true,
  'journal.markWritten': true,
  'journal.ofMoves': true,
  'journal.unfinished': true,
  'killSwitches.inForce': true,
  'leaders.find': true,
  'leaders.findOne': true,
  'leaderTerms.all': true,
  'leaderTerms.of': true,
  'ledger.post': true,
  'ledger.postedSources': true,
  'ledger.sumOfCopy': true,
  'orders.save': true,
  'records.addFunding': true,
  'records.addOwnPositions': true,
  'records.addPassedLimit': true,
  'records.addToFinalEquity': true,
  'records.bookedSizes': true,
  'records.completeJournal': true,
  'records.dropPassedLimit': true,
  'records.dropStandingOrders': true,
  'records.firstFillTimes': true,
  'records.fundingReadTimes': true,
  'records.heldByCopies': true,
  'records.highestJournaledNonce': true,
  'records.highestStandingNonce': true,
  'records.loadOwnPositions': true,
  'records.loadPositionStates': true,
  'records.markOrdersFilled': true,
  'records.newestFillTimes': true,
  'records.newestInsideTimes': true,
  'records.openProposals': true,
  'records.passedLimits': true,
  'records.proposalById': true,
  'records.recordCross': true,
  'records.recordFollowerClose': true,
  'records.resolveOrders': true,
  'records.runningCopies': true,
  'records.runningCopy': true,
  'records.saveEquity': true,
  'records.saveFundingReadTimes': true,
  'records.saveOwnPositions': true,
  'records.savePositionStates': true,
  'records.saveProposals': true,
  'records.saveStandingOrders': true,
  'records.saveVenueNets': true,
  'records.standingOrders': true,
  'records.venueOrderIdsSince': true,
  'records.venueOrderNames': true,
  'records.writeCopyState': true,
  'records.writtenOrders': true,
  'riskLimits.all': true,
  'riskLimits.findOne': true,
  'spareAgents.drop': true,
  'spareAgents.findOne': true,
  'spareAgents.former': true,
  'spareAgents.put': true,
  'venueAccounts.findOne': true,
  'venueAccounts.loadable': true,
  'venueAccounts.update': true,
};

export const PLATFORM_METHODS: Readonly<Record<PlatformMethod, true>> = {
  'detection.putSights': true,
  'detection.putStanding': true,
  'engines.activeFlags': true,
  'engines.claimInstance': true,
  'engines.dailySeed': true,
  'engines.heartbeat': true,
  'engines.stopped': true,
  'inbox.begin': true,
  'inbox.giveUpMoves': true,
  'inbox.increasingOrders': true,
  'inbox.insertFills': true,
  'inbox.latestMoves': true,
  'inbox.openMoves': true,
  'inbox.recordMoves': true,
  'inbox.setMoveStatus': true,
  'inbox.watched': true,
  'limits.all': true,
  'markets.dropEgress': true,
  'markets.instruments': true,
  'markets.networks.find': true,
  'markets.networks.findOne': true,
  'markets.owned': true,
  'markets.putEgress': true,
  'markets.putInstruments': true,
  'markets.putNetwork': true,
  'tenants.open': true,
  'waveNumbers.next': true,
};

/** A storage that notes which methods of its units were called. */
export function noting(storage: EngineStorage, called: Set<string>): EngineStorage {
  return {
    scoped: <T>(scope: Parameters<EngineStorage['scoped']>[0], work: (unit: EngineScopedUnit) => Promise<T>, options?: UnitOptions) =>
      storage.scoped(scope, (unit) => work(noted(unit, '', called)), options),
    platform: <T>(work: (unit: EnginePlatformUnit) => Promise<T>, options?: UnitOptions) =>
      storage.platform((unit) => work(noted(unit, '', called)), options),
  };
}

/** Every part of a unit is an object of methods, down to the networks of the markets. */
function noted<T extends object>(part: T, path: string, called: Set<string>): T {
  return new Proxy(part, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      const at = path === '' ? String(name) : `${path}.${String(name)}`;
      if (typeof value === 'function')
        return (...given: unknown[]): unknown => {
          called.add(at);
          return Reflect.apply(value, target, given);
        };
      return PARTS.test(at) && typeof value === 'object' && value !== null ? noted(value, at, called) : value;
    },
  });
}

const PARTS = /^(?!now$|scope$)[a-zA-Z]+(\.networks)?$/;
