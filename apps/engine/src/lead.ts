import { type EngineStorage, isTermOver } from '@lockstep/storage';
import type { OrderSubmission, Venue, WorkingOrders } from '@lockstep/venues/port';

/** Whether this process is the one engine of its deployment (ARCHITECTURE 37, 91). */
export interface Lead {
  /** False once another engine may have taken over. Asked before every chunk of a wave and every other action. */
  holds(): boolean;
  /** Ends the process at once: nothing is sent or written any more, not even what it had begun. */
  end(why: string): void;
}

const WHY_LOST = 'the lock is not confirmed any more';
const WHY_OVER = 'another engine has begun its term';

/** Storage in which every unit that writes is one of a term. The first one that is refused because the term is over ends the process. */
export function storageInTerm(storage: EngineStorage, term: number, lead: Lead): EngineStorage {
  const ends = (failure: unknown): never => {
    if (isTermOver(failure)) lead.end(WHY_OVER);
    throw failure;
  };
  return {
    scoped: (scope, work, options) => storage.scoped(scope, work, { ...options, term }).catch(ends),
    platform: (work, options) => storage.platform(work, { ...options, term }).catch(ends),
  };
}

/** A venue to which nothing goes once the process may not lead any more. What it is asked and what it tells is nobody's but the asker's. */
export function venueWhileLeading(venue: Venue, lead: Lead): Venue {
  const { orders, workingOrders } = venue;
  return Object.create(venue, {
    orders: { value: ordersWhileLeading(orders, lead) },
    ...(workingOrders !== undefined && { workingOrders: { value: workingWhileLeading(workingOrders, lead) } }),
  });
}

/** False, and the process ends, where it may not lead any more. */
function stillLeads(lead: Lead): boolean {
  const leads = lead.holds();
  if (!leads) lead.end(WHY_LOST);
  return leads;
}

function mustLead(lead: Lead): void {
  if (!stillLeads(lead)) throw new Error(WHY_LOST);
}

function ordersWhileLeading(orders: OrderSubmission, lead: Lead): OrderSubmission {
  return {
    loadSigners: (keys) => orders.loadSigners(keys),
    dropSigners: (handles) => orders.dropSigners(handles),
    submit: async (columns, sink) => {
      mustLead(lead);
      return await orders.submit(columns, {
        onOutcomes: (outcomes) => sink.onOutcomes(outcomes),
        onWithheld: (rows) => sink.onWithheld?.(rows),
        onAllLeft: () => sink.onAllLeft?.(),
        keepGoing: () => stillLeads(lead) && sink.keepGoing?.() !== false,
      });
    },
    cancel: async (...args) => {
      mustLead(lead);
      return await orders.cancel(...args);
    },
    updateLeverage: async (...args) => {
      mustLead(lead);
      return await orders.updateLeverage(...args);
    },
    noop: async (...args) => {
      mustLead(lead);
      return await orders.noop(...args);
    },
    relay: async (signed) => {
      mustLead(lead);
      return await orders.relay(signed);
    },
    close: () => orders.close(),
  };
}

function workingWhileLeading(orders: WorkingOrders, lead: Lead): WorkingOrders {
  return {
    place: async (...args) => {
      mustLead(lead);
      return await orders.place(...args);
    },
    modify: async (...args) => {
      mustLead(lead);
      return await orders.modify(...args);
    },
    cancelAll: async (...args) => {
      mustLead(lead);
      return await orders.cancelAll(...args);
    },
    scheduleCancel: async (...args) => {
      mustLead(lead);
      return await orders.scheduleCancel(...args);
    },
    changeIsolatedMargin: async (...args) => {
      mustLead(lead);
      return await orders.changeIsolatedMargin(...args);
    },
  };
}
