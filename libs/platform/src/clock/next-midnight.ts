const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;
/** A day that begins with a change of the clocks begins at another offset than the one first tried. */
const TRIES_MAX = 3;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, format);
  return format;
}

/** What clocks in a zone show, as if it were UTC, in whole seconds of epoch ms. */
function wallClock(timeZone: string, at: number): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The first instant of the day after `now` in an IANA time zone, epoch ms. Where clocks jump over midnight, the instant they jump. */
export function nextMidnight(timeZone: string, now: number): number {
  const shown = wallClock(timeZone, now);
  const wanted = Math.floor(shown / DAY_MS) * DAY_MS + DAY_MS;
  let found = now + (wanted - shown);
  found -= ((found % SECOND_MS) + SECOND_MS) % SECOND_MS;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const off = wallClock(timeZone, found) - wanted;
    if (off === 0) break;
    const next = found - off;
    // Midnight does not exist there: the day begins when the clocks jump.
    if (off > 0 && wallClock(timeZone, next) < wanted) break;
    found = next;
  }
  return found;
}
