import { describe, expect, it } from 'vitest';
import { parseDoctorOptions } from './doctor';

const STANDARD = { network: 'mainnet' } as const;
const ACCOUNT = `0x${'ab'.repeat(20)}`;

describe('the doctor’s command line', () => {
  it.each([
    ['the configured venue', ['--venue'], { api: 'hyperliquid', url: null, network: 'mainnet', account: null, followers: 10_000 }],
    ['another venue', ['--venue', 'http://127.0.0.1:8090/', '--network', 'testnet'], { url: 'http://127.0.0.1:8090', network: 'testnet' }],
    ['an account in any case', ['--venue', '--account', ACCOUNT.toUpperCase().replace('X', 'x')], { account: ACCOUNT }],
    ['another API', ['--venue', '--api', 'perps-studio', '--followers', '50'], { api: 'perps-studio', url: null, followers: 50 }],
    ['a markup', ['--venue', '--markup-bps', '2.5'], { markupTenthsBp: 25 }],
  ])('takes %s', (_name, args, expected) => {
    expect(parseDoctorOptions(args, STANDARD)).toMatchObject({ ok: true, value: expected });
  });

  it.each([
    [[], 'say --venue, with an address or without one for the configured venue'],
    [['--venue', 'ftp://x'], '--venue takes an http(s) address'],
    [['--venue', '--account', '0x12'], '--account takes an address: 0x and 40 hex digits'],
    [['--venue', '--agent', ACCOUNT], '--agent goes with --account'],
    [['--venue', '--markup-bps', '11'], '--markup-bps takes 0 to 10, in tenths'],
    [['--venue', '--api', 'aster'], '--api takes hyperliquid or perps-studio'],
    [['--venue', '--followers', '0'], '--followers takes a whole number from 1 to 999999'],
    [['--venue', '--fast'], 'unknown option --fast'],
  ])('refuses %j', (args, error) => {
    expect(parseDoctorOptions(args, STANDARD)).toEqual({ ok: false, error });
  });
});
