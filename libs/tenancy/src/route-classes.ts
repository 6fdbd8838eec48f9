/** What a request asks for, as limits see it. A tier says how much of each of these. */
export const TIER_CLASSES = ['reads', 'writes', 'orders', 'exports'] as const;
export type TierClass = (typeof TIER_CLASSES)[number];

/**
 * Requests that only take risk away. No tier limits them, no other request uses their count up, and they take no place among those in flight:
 * a stop must get through whatever else a tenant does. Their bounds are the house's own and keep a runaway client from hammering the database.
 */
export const FLOOR_CLASSES = ['stops', 'kill_switches'] as const;
export type FloorClass = (typeof FLOOR_CLASSES)[number];

export const ROUTE_CLASSES = [...TIER_CLASSES, ...FLOOR_CLASSES] as const;
export type RouteClass = (typeof ROUTE_CLASSES)[number];

export const isFloorClass = (name: RouteClass): name is FloorClass => FLOOR_CLASSES.some((each) => each === name);

/** The class of a route that names none: by its method. */
export const classOfMethod = (method: string): TierClass => (method === 'GET' || method === 'HEAD' ? 'reads' : 'writes');
