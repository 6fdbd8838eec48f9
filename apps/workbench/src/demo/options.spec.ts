import { describe, expect, it } from 'vitest';
import { parseDemoOptions } from './options';

const ADDRESS = `0x${'a'.repeat(40)}`;

describe('the demo’s command line', () => {
  it.each<[string, readonly string[], object]>([
    ['nothing', [], { followers: 300, leaders: 3, rounds: 8, fills: null, live: null, workedExample: false }],
    ['a recording has fewer followers', ['--fills', 'f.csv'], { followers: 100, fills: 'f.csv' }],
    ['a number given stands', ['--fills', 'f.csv', '--followers', '7', '--first', '1000'], { followers: 7, first: 1000 }],
    ['a live leader', ['--live', ADDRESS, '--venue-url', 'http://venue:1/'], { followers: 20, live: ADDRESS, venueUrl: 'http://venue:1' }],
    ['builder dexes', ['--venue', 'hip3', '--followers', '30'], { venue: 'hip3', followers: 30, leaders: 3 }],
    [
      'perps.studio has a small cast',
      ['--venue', 'perps-studio'],
      { venue: 'perps-studio', followers: 10, leaders: 1, rounds: 5, requestsPerMinute: 100 },
    ],
    [
      'perps.studio with an enterprise key',
      ['--requests-per-minute', '600', '--venue', 'perps-studio', '--followers', '40'],
      { followers: 40, requestsPerMinute: 600 },
    ],
    ['the worked example', ['--worked-example', '--scale', '0.25'], { workedExample: true, scale: 0.25 }],
  ])('%s', (_name, args, expected) => {
    expect(parseDemoOptions(args)).toMatchObject({ ok: true, value: expected });
  });

  it.each<[readonly string[], string]>([
    [['--sed', '1'], 'no option --sed'],
    [['--rounds'], '--rounds takes a value'],
    [['--rounds', '0'], '--rounds takes a whole number from 1 to 1000'],
    [['--candles', 'd'], '--candles goes with --fills'],
    [['--live', ADDRESS], '--live ADDRESS and --venue-url URL go together'],
    [['--live', '0x1', '--venue-url', 'http://v'], '--live takes an address: 0x and 40 hex digits'],
    [['--live', ADDRESS, '--venue-url', 'v'], '--venue-url takes an http(s) address'],
    [['--seconds', '5'], '--seconds goes with --live'],
    [['--worked-example', '--fills', 'f'], '--fills, --live and --worked-example exclude each other'],
    [['--scale', '2'], '--scale takes a share from 0.0001 to 1'],
    [['--venue', 'nowhere'], '--venue takes hyperliquid, hip3, perps-studio'],
    [['--requests-per-minute', '600'], '--requests-per-minute goes with --venue perps-studio'],
    [['--venue', 'perps-studio', '--requests-per-minute', '5'], '--requests-per-minute takes 10 or more'],
    [['--venue', 'hip3', '--followers', '3'], '--venue hip3 takes 4 followers and 2 rounds or more'],
    [['--rounds', '1', '--venue', 'hip3'], '--venue hip3 takes 4 followers and 2 rounds or more'],
    [['--venue', 'hip3', '--fills', 'f'], '--fills, --live and --worked-example are played on --venue hyperliquid'],
    [['--leader-equity', 'much'], '--leader-equity takes an amount such as 50000'],
  ])('%j is refused: %s', (args, error) => {
    expect(parseDemoOptions(args)).toEqual({ ok: false, error });
  });
});
