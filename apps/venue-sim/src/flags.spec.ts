import { describe, expect, it } from 'vitest';
import { DEFAULT_FLAGS, readFlags } from './flags';

describe('flags', () => {
  it('stand above what the environment set', () => {
    const read = readFlags(['--seed', '9', '--port=0', '--verify', 'sample:20', '--testnet', '--limits=on'], {
      ...DEFAULT_FLAGS,
      seed: 3,
      blockMs: 250,
    });
    expect(read).toMatchObject({
      ok: true,
      value: { seed: 9, port: 0, verify: { kind: 'sample', every: 20 }, testnet: true, limits: 'on', blockMs: 250 },
    });
  });

  it('imply the candle path from a candle folder', () =>
    expect(readFlags(['--candles', '/c'])).toMatchObject({ ok: true, value: { path: 'candles', candles: '/c' } }));

  it('allow another control address with a key', () => {
    expect(readFlags(['--control-host', '0.0.0.0', '--control-key', 'sixteen-characters']).ok).toBe(true);
  });

  it.each([
    [['--port', '70000'], '--port takes a whole number'],
    [['--port', '-1'], '--port takes a whole number'],
    [['--seed', '1.5'], '--seed takes a whole number'],
    [['--seed'], '--seed needs a value'],
    [['--limits', 'maybe'], '--limits takes on or off'],
    [['--ip-window', 'fixed'], '--ip-window takes sliding60 or leaky'],
    [['--address-limits', 'yes'], '--address-limits takes on or off'],
    [['--users-per-ip', '12'], '--users-per-ip takes 10 or 15'],
    [['--verify', 'sample:0'], '--verify takes all, off or sample:N'],
    [['--control-key', 'short'], '--control-key takes at least 16'],
    [['--control-host', '::'], '--control-key is required'],
    [['--path', 'candles'], '--path candles needs --candles'],
    [['--nope', '1'], 'unknown flag "--nope"'],
    [['stray'], 'unknown flag "stray"'],
  ])('refuse %j with a sentence that names the flag', (argv, text) => {
    const read = readFlags(argv);
    expect(read.ok ? '' : read.error).toContain(text);
  });
});
