import { type Chance, seededChance } from '@lockstep/simulation';

/** Which traffic a fault strikes. `stream` strikes frames of subscriptions, `upgrade` new connections of the socket. */
export type FaultTarget = 'exchange' | 'info' | 'stream' | 'upgrade';

/** How a request came. Streams and upgrades are always of the socket. */
export type FaultTransport = 'http' | 'socket';

/** What happens instead of the plain answer. Which effects a target knows stands in `EFFECTS_OF`. */
export type FaultEffect =
  /** Nothing is sent, ever: a request without an answer, a frame that is lost, a handshake that hangs. */
  | { readonly kind: 'silence' }
  /** The connection is cut. */
  | { readonly kind: 'hang_up' }
  /** The status of the front before the venue: 429 with `null`, 5xx with a page. */
  | { readonly kind: 'status'; readonly status: number }
  /** Half of the answer's text and no more: an answer that cannot be read. */
  | { readonly kind: 'truncate' }
  /** The whole request is refused with this text: `{"status":"err","response":text}`. */
  | { readonly kind: 'refuse'; readonly text: string }
  /** Later by so much. A late frame holds back the frames of its channel behind it: their order stays. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** The frame is sent twice. */
  | { readonly kind: 'duplicate' }
  /** The frame is overtaken by so many frames of its channel. */
  | { readonly kind: 'reorder'; readonly frames: number };

const REQUEST_EFFECTS = ['silence', 'hang_up', 'status', 'truncate', 'delay'] as const;

/** What can happen to which traffic. */
export const EFFECTS_OF: Readonly<Record<FaultTarget, readonly FaultEffect['kind'][]>> = {
  exchange: [...REQUEST_EFFECTS, 'refuse'],
  info: REQUEST_EFFECTS,
  stream: ['silence', 'hang_up', 'delay', 'duplicate', 'reorder'],
  upgrade: ['silence', 'hang_up', 'status', 'delay'],
};

export interface FaultOrder {
  readonly target: FaultTarget;
  readonly effect: FaultEffect;
  /** `before`: the action does not land. `after`: it lands, then the effect strikes its answer. */
  readonly when: 'before' | 'after';
  /** Lets this many matching requests pass first. */
  readonly skip: number;
  /** Strikes this many matching requests, then ends; null strikes until removed. */
  readonly count: number | null;
  /** Share of matching requests struck, 0 to 1, drawn from `seed`. */
  readonly probability: number;
  readonly seed: number;
  /** Only actions, reads or channels of this type (`order`, `userFills` …); null matches all. */
  readonly type: string | null;
  /** Only requests that came this way; null matches both. */
  readonly transport: FaultTransport | null;
}

export interface FaultState extends FaultOrder {
  readonly id: number;
  readonly struck: number;
}

/** What a fault may strike. `type` is the action's, the read's or the channel's. */
export interface FaultOccasion {
  readonly target: FaultTarget;
  readonly type: string;
  readonly transport: FaultTransport;
}

/** The faults of one world. Draws are seeded, so that the same requests in the same order meet the same faults. */
export interface Faults {
  add(order: FaultOrder): FaultState;
  remove(id: number): boolean;
  clear(): void;
  list(): readonly FaultState[];
  /** The fault of this occasion, if any; the first matching rule wins. */
  draw(occasion: FaultOccasion): FaultOrder | null;
}

/** More rules than a test needs; the bound keeps `draw` short. */
export const FAULT_RULES_MAX = 100;

/** Fineness of a probability. */
const PARTS = 1_000_000;

interface Rule {
  readonly order: FaultOrder;
  readonly id: number;
  readonly chance: Chance;
  passed: number;
  struck: number;
}

export function createFaults(): Faults {
  let rules: Rule[] = [];
  let nextId = 1;
  const show = (rule: Rule): FaultState => ({ ...rule.order, id: rule.id, struck: rule.struck });
  return {
    add: (order) => {
      const rule: Rule = { order, id: nextId, chance: seededChance(order.seed, 'fault'), passed: 0, struck: 0 };
      nextId += 1;
      rules = [...rules.filter((candidate) => !isSpent(candidate)), rule].slice(-FAULT_RULES_MAX);
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
    draw: (occasion) => rules.find((rule) => strikes(rule, occasion))?.order ?? null,
  };
}

const isSpent = ({ order, struck }: Rule): boolean => order.count !== null && struck >= order.count;

/** Whether the rule strikes; counts the occasion either way. */
function strikes(rule: Rule, { target, type, transport }: FaultOccasion): boolean {
  const { order } = rule;
  if (order.target !== target || isSpent(rule)) return false;
  if (order.type !== null && order.type !== type) return false;
  if (order.transport !== null && order.transport !== transport) return false;
  if (rule.passed < order.skip) {
    rule.passed += 1;
    return false;
  }
  if (rule.chance.below(PARTS) >= order.probability * PARTS) return false;
  rule.struck += 1;
  return true;
}
