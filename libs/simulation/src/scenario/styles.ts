import type { LeaderStyle } from './cast';
import type { Draws } from './draws';

/**
 * One thing a leader means to do, `inMs` after the one before. Exposure is in millionths of its money: `by` adds so much in a direction (against what it holds:
 * takes it away, and turns), `cut` takes so many millionths of the position, `turn` ends in as much on the other side.
 */
export interface Move {
  readonly inMs: number;
  readonly coin: string;
  readonly what:
    | { readonly do: 'by'; readonly ppm: number }
    | { readonly do: 'cut'; readonly ppm: number }
    | { readonly do: 'turn'; readonly ppm: number }
    /** Adds on the side of what is held, however much that is. */
    | { readonly do: 'grow'; readonly ppm: number }
    /** Ends in a position of so many lots, whatever there is. */
    | { readonly do: 'to'; readonly lots: number };
  /** Fills in the one block. */
  readonly pieces: number;
  /** Belongs to the order of the move before. */
  readonly sameOrder: boolean;
}

/** What a style looks at: the coin it turns to, what it has in it (millionths of its money, signed) and where the price is going. */
export interface Outlook {
  readonly coin: string;
  readonly exposurePpm: number;
  readonly trend: 1 | -1;
}

export const WHOLE_PPM = 1_000_000;
/** Most a leader holds in one coin, and adds at on one dex; what would go beyond cuts the position in half instead. */
export const EXPOSURE_MOST_PPM = 900_000;
export const EXPOSURE_ALL_MOST_PPM = 1_400_000;

type Plan = (look: Outlook, draw: Draws) => readonly Move[];

const move = (inMs: number, coin: string, what: Move['what'], pieces = 1, sameOrder = false): Move => ({ inMs, coin, what, pieces, sameOrder });
const by = (ppm: number): Move['what'] => ({ do: 'by', ppm });
const cut = (ppm: number): Move['what'] => ({ do: 'cut', ppm });
const turn = (ppm: number): Move['what'] => ({ do: 'turn', ppm });

/** Goes with the price in several adds, reduces on the way out. */
const trend: Plan = ({ coin, exposurePpm, trend: way }, draw) => {
  const isWith = exposurePpm === 0 || Math.sign(exposurePpm) === way;
  if (!isWith)
    return [
      move(draw.between(500, 3_000), coin, cut(draw.between(300_000, 700_000)), pieces(draw)),
      move(draw.between(1_500, 6_000), coin, cut(WHOLE_PPM)),
    ];
  if (Math.abs(exposurePpm) > 700_000) return [move(draw.between(2_000, 9_000), coin, cut(draw.between(100_000, 500_000)), pieces(draw))];
  return Array.from({ length: draw.between(1, 3) }, () =>
    move(draw.between(1_000, 6_000), coin, by(way * draw.skewed(60_000, 400_000)), pieces(draw)),
  );
};

/** In and out within seconds, out in one or several steps. */
const scalper: Plan = ({ coin, exposurePpm }, draw) => {
  const side = draw.oneIn(2) ? 1 : -1;
  const out = draw.oneIn(2) ? [move(draw.between(600, 4_000), coin, cut(500_000), pieces(draw))] : [];
  const end = move(draw.between(400, 5_000), coin, cut(WHOLE_PPM), pieces(draw));
  if (exposurePpm !== 0) return [end];
  return [move(draw.between(1_000, 5_000), coin, by(side * draw.between(80_000, 500_000)), pieces(draw)), ...out, end];
};

/** Doubles what goes wrong, up to a point, then gives all up at once. */
const martingale: Plan = ({ coin, exposurePpm, trend: way }, draw) => {
  if (exposurePpm === 0) return [move(draw.between(1_000, 6_000), coin, by(-way * draw.between(50_000, 150_000)), pieces(draw))];
  if (Math.abs(exposurePpm) > 550_000 || draw.oneIn(6)) return [move(draw.between(500, 6_000), coin, cut(WHOLE_PPM), pieces(draw))];
  return [move(draw.between(1_500, 7_000), coin, by(exposurePpm), pieces(draw))];
};

/** From one side to the other, through zero in one order, or closed and opened again within a second. */
const flipper: Plan = ({ coin, exposurePpm }, draw) => {
  const size = draw.between(80_000, 450_000);
  if (exposurePpm === 0) return [move(draw.between(800, 4_000), coin, by(draw.oneIn(2) ? size : -size), pieces(draw))];
  if (draw.oneIn(3))
    return [move(draw.between(1_000, 6_000), coin, cut(WHOLE_PPM)), move(draw.between(0, 900), coin, by(exposurePpm > 0 ? -size : size))];
  return [move(draw.between(1_500, 8_000), coin, turn(size), pieces(draw))];
};

/** Orders that rest and fill in pieces, in and out. */
const workingOrders: Plan = ({ coin, exposurePpm }, draw) => {
  const count = draw.between(2, 6);
  if (Math.abs(exposurePpm) > 400_000 || (exposurePpm !== 0 && draw.oneIn(3)))
    return Array.from({ length: count }, (_, nth) =>
      move(
        draw.between(200, 3_500),
        coin,
        cut(nth === count - 1 && draw.oneIn(2) ? WHOLE_PPM : Math.floor(WHOLE_PPM / (count - nth + 1))),
        1,
        nth > 0,
      ),
    );
  const side = exposurePpm === 0 ? (draw.oneIn(2) ? 1 : -1) : Math.sign(exposurePpm);
  return Array.from({ length: count }, (_, nth) =>
    move(draw.between(150, 3_500), coin, by(side * draw.skewed(20_000, 150_000)), pieces(draw), nth > 0),
  );
};

/** Equal slices at equal distances, one order. */
const twap: Plan = ({ coin, exposurePpm }, draw) => {
  const count = draw.between(4, 10);
  const everyMs = draw.between(2_000, 5_000);
  if (exposurePpm !== 0)
    return Array.from({ length: count }, (_, nth) => move(everyMs, coin, cut(Math.floor(WHOLE_PPM / (count - nth))), 1, nth > 0));
  const slice = (draw.oneIn(2) ? 1 : -1) * draw.between(25_000, 90_000);
  return Array.from({ length: count }, (_, nth) => move(everyMs, coin, by(slice), 1, nth > 0));
};

/** Mostly one fill, at times a handful, seldom a great many in one block. */
function pieces(draw: Draws): number {
  return draw.weighted([
    [70, 1],
    [25, draw.between(2, 6)],
    [5, draw.between(10, 30)],
  ]);
}

/** What a leader of each style does next. A replayed one without a recording trades as a trend follower; one who works with orders has turns of its own. */
export const STYLE_PLANS: Readonly<Record<LeaderStyle, Plan>> = {
  trend,
  scalper,
  martingale,
  flipper,
  working_orders: workingOrders,
  twap,
  replayed: trend,
  orders: () => [],
};
