import { createIpLimits, FakeClock, IP_LIMITS, IP_WINDOWS } from '@lockstep/simulation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cost, IpLimits, QueuedClass } from './limits';
import { EgressScheduler } from './scheduler';

/** The venue's numbers, a tenth of them, so that a run meets each of them often. */
const VENUE = { ...IP_LIMITS, restWeightPerMinute: 120, messagesPerMinute: 200, postsInFlightMost: 10, postsSpendWeight: true };
const LIMITS: IpLimits = {
  meters: [
    { name: 'weight', perWindow: 120, kept: { reduction: 6, read: 24 }, most: { read: 60 } },
    { name: 'messages', perWindow: 200, kept: { reduction: 10, upkeep: 20 }, most: {} },
  ],
  windowMs: 62_000,
  inFlightMax: 10,
  lateMs: 1_000,
  backoffMinMs: 5_000,
  backoffMaxMs: 60_000,
  answerMs: 300,
};
const ACTION: Cost = { meters: [1, 1], inFlight: true };
const PING: Cost = { meters: [0, 1], inFlight: false };
const PINGS_MAX = 2;

interface Happening {
  readonly at: number;
  readonly act: () => void;
}

/** What happens next, by time; what happens at the same time in the order it was told. */
class Agenda {
  private readonly waiting: Happening[] = [];

  add(at: number, act: () => void): void {
    const place = this.waiting.findIndex((other) => other.at > at);
    this.waiting.splice(place < 0 ? this.waiting.length : place, 0, { at, act });
  }

  take(): Happening | undefined {
    return this.waiting.shift();
  }
}

const request = fc.record({
  afterMs: fc.nat(20_000),
  ip: fc.nat(1),
  reduction: fc.nat(80),
  control: fc.nat(20),
  entry: fc.nat(200),
  weight: fc.integer({ min: 1, max: 5 }),
  reads: fc.array(fc.constantFrom(2, 20, 22, 60), { maxLength: 5 }),
  pings: fc.nat(PINGS_MAX),
  dropped: fc.boolean(),
});

describe.each(IP_WINDOWS)('a venue that counts by %s', (ipWindow) => {
  it('never refuses anything, whatever is asked, however long requests are on their way', () => {
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.nat(999)),
        fc.infiniteStream(fc.nat(99)),
        (asked, delays, rare) => {
          const clock = new FakeClock(1_700_000_000_000);
          const venue = createIpLimits({ ...VENUE, ipWindow }, clock);
          const scheduler = new EgressScheduler({
            ips: 2,
            limits: LIMITS,
            accounts: { free: 50, spacingMs: 11_000, cancelsBeyond: 100 },
            actionCost: ACTION,
          });
          const agenda = new Agenda();
          const refused: string[] = [];
          let [wanted, left, withdrawn] = [0, 0, 0];
          const delay = (): number => delays.next().value ?? 0;
          /** Most requests are counted within a second; one in a hundred is on its way for six. */
          const onItsWay = (): number => delay() + ((rare.next().value ?? 0) === 0 ? 5_000 : 0);
          const count = (ip: number, what: string, taken: boolean): void => {
            if (!taken) refused.push(`${what} at ${clock.monotonic()} through ${ip}`);
          };
          const send = (ip: number, cls: QueuedClass): void => {
            const sentAt = clock.monotonic();
            const counted = sentAt + onItsWay();
            const answered = counted + delay();
            agenda.add(counted, () => {
              count(ip, 'message', venue.takeMessage(String(ip)));
              count(ip, 'post', venue.beginPost(String(ip)));
              count(ip, 'weight', venue.takeWeight(String(ip), 1));
            });
            agenda.add(answered, () => venue.endPost(String(ip)));
            agenda.add(answered, () => {
              scheduler.answered(ip, cls, answered - sentAt, clock.monotonic());
              pump(ip);
            });
          };
          const pump = (ip: number): void => {
            const now = clock.monotonic();
            let entries = false;
            for (const { cls, tokens } of scheduler.grant(ip, now)) {
              expect(entries && cls === 'reduction').toBe(false);
              entries ||= cls === 'entry';
              left += tokens.length;
              for (const _ of tokens) send(ip, cls);
            }
            const { at } = scheduler.nextAt(ip, now);
            if (Number.isFinite(at) && at > now) agenda.add(at, () => pump(ip));
          };
          let at = 0;
          for (const each of asked) {
            at += each.afterMs;
            agenda.add(at, () => {
              const flow = scheduler.open(each.weight);
              for (const cls of ['reduction', 'control', 'entry'] as const) {
                wanted += each[cls];
                const accounts = Array.from({ length: each[cls] }, (_, row) => row % 40);
                scheduler.ask(each.ip, flow, cls, { tokens: accounts, accounts, count: each[cls] });
              }
              for (const weight of each.reads) {
                const ip = scheduler.read({ meters: [weight, 0], inFlight: false }, clock.monotonic());
                if (ip !== null) agenda.add(clock.monotonic() + delay(), () => count(ip, `read of ${weight}`, venue.takeWeight(String(ip), weight)));
              }
              scheduler.note(each.ip, 'upkeep', PING, each.pings, clock.monotonic());
              for (let ping = 0; ping < each.pings; ping += 1)
                agenda.add(clock.monotonic() + delay(), () => count(each.ip, 'ping', venue.takeMessage(String(each.ip))));
              pump(each.ip);
              if (each.dropped) agenda.add(clock.monotonic() + 30_000, () => (withdrawn += scheduler.close(flow).length));
            });
          }
          for (let next = agenda.take(); next !== undefined; next = agenda.take()) {
            clock.advance(next.at - clock.monotonic());
            next.act();
          }
          expect(refused).toEqual([]);
          expect(left + withdrawn).toBe(wanted);
        },
      ),
      { numRuns: 25 },
    );
  });
});
