import { type Chance, seededChance } from '@lockstep/simulation';

/** Which traffic a fault strikes. `stream` strikes frames of subscriptions. */
export type FaultTarget = 'exchange' | 'info' | 'stream';

/** What happens instead of the plain answer. For streams: `silence` loses the frame, `hang_up` ends the connection, `duplicate` sends it twice. */
export type FaultEffect =
  | { readonly kind: 'silence' }
  | { readonly kind: 'hang_up' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'delay'; readonly delayMs: number };

export interface FaultOrder {
  readonly target: FaultTarget;
  readonly effect: FaultEffect;
  /** `before`: the action does not land. `after`: it lands, then the effect strikes its answer. */
  readonly when: 'before' | 'after';
  /** Strikes this many matching requests, then ends; null strikes until removed. */
  readonly count: number | null;
  /** Share of matching requests struck, 0 to 1, drawn from `seed`. */
  readonly probability: number;
  readonly seed: number;
  /** Only actions of this type (`order`, `cancel` …) or info requests of this type; null matches all. */
  readonly type: string | null;
}

export interface FaultState extends FaultOrder {
  readonly id: number;
  readonly struck: number;
}

/** The faults of one world. Draws are seeded, so that the same requests in the same order meet the same faults. */
export interface Faults {
  add(order: FaultOrder): FaultState;
  remove(id: number): boolean;
  clear(): void;
  list(): readonly FaultState[];
  /** The fault this request meets, if any; the first matching rule wins. */
  draw(target: FaultTarget, type: string): FaultOrder | null;
}

/** More rules than a test needs; the bound keeps `draw` short. */
export const FAULT_RULES_MAX = 100;

/** Fineness of a probability. */
const PARTS = 1_000_000;

interface Rule {
  readonly order: FaultOrder;
  readonly id: number;
  readonly chance: Chance;
  struck: number;
}

export function createFaults(): Faults {
  let rules: Rule[] = [];
  let nextId = 1;
  const show = (rule: Rule): FaultState => ({ ...rule.order, id: rule.id, struck: rule.struck });
  const spent = (rule: Rule): boolean => rule.order.count !== null && rule.struck >= rule.order.count;
  return {
    add: (order) => {
      const rule: Rule = { order, id: nextId, chance: seededChance(order.seed, 'fault'), struck: 0 };
      nextId += 1;
      rules = [...rules.filter((candidate) => !spent(candidate)), rule].slice(-FAULT_RULES_MAX);
      return show(rule);
    },
    remove: (id) => {
      const before = rules.length;
      rules = rules.filter((rule) => rule.id !== id);
      return rules.length < before;
    },
    clear: () => {
      rules = [];
    },
    list: () => rules.map(show),
    draw: (target, type) => {
      for (const rule of rules) {
        if (rule.order.target !== target || spent(rule)) continue;
        if (rule.order.type !== null && rule.order.type !== type) continue;
        if (rule.chance.below(PARTS) >= rule.order.probability * PARTS) continue;
        rule.struck += 1;
        return rule.order;
      }
      return null;
    },
  };
}
