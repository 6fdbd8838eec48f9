import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { createLogger } from './logger';
import { secret } from './secret';

function captured(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const log = createLogger({ process: 'test', level, write: (line) => lines.push(line) });
  return { log, lines, last: (): unknown => JSON.parse(lines.at(-1) ?? 'null') };
}

describe('a secret', () => {
  const hidden = secret('hunter2');
  it.each([
    ['template', `${hidden}`],
    ['JSON', JSON.stringify({ hidden })],
    ['inspect', inspect({ hidden })],
    ['concatenation', `a${String(hidden)}`],
  ])('does not show in %s', (_way, text) => {
    expect(text).not.toContain('hunter2');
    expect(text).toContain('[secret]');
  });

  it('is revealed only when asked', () => {
    expect(hidden.reveal()).toBe('hunter2');
  });
});

describe('logger', () => {
  it('writes one JSON line with level, time, process and message', () => {
    const { log, lines, last } = captured();
    log.info('wave planned', { copies: 3, size: 10n });
    expect(lines).toHaveLength(1);
    expect(last()).toMatchObject({ level: 'info', process: 'test', message: 'wave planned', copies: 3, size: '10' });
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = captured('info');
    log.debug('detail');
    expect(lines).toEqual([]);
  });

  it('carries the fields of a child', () => {
    const { log, last } = captured();
    log.child({ wave: 'w1', password: 'hunter2' }).warn('late');
    expect(last()).toMatchObject({ wave: 'w1', level: 'warn', password: '[secret]' });
  });

  it.each([
    ['a secret wrapper', { any: secret('hunter2') }],
    ['a secret key', { deep: { 'Private-Key': 'hunter2', api_key: 'hunter2', authorization: 'hunter2' } }],
    ['a password in an address', { url: 'postgres://owner:hunter2@127.0.0.1:5432/db' }],
    ['an address in an error', { error: new Error('cannot reach redis://:hunter2@h:1', { cause: new Error('postgres://a:hunter2@b') }) }],
    ['a property of an error', { error: Object.assign(new Error('x'), { config: { token: 'hunter2' } }) }],
    ['an API key in our format', { header: 'sent lk_live_hunter2hunter2hunter2' }],
    ['a bearer token', { header: 'Bearer hunter2hunter2' }],
    ['a map', { map: new Map([['secret', 'hunter2']]) }],
  ])('hides %s', (_what, fields) => {
    const { log, lines } = captured();
    log.error('failed', fields);
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).toContain('[secret]');
  });

  it('hides an address in the message itself', () => {
    const { log, lines } = captured();
    log.error('no answer from postgres://owner:hunter2@db/x');
    expect(lines.join()).not.toContain('hunter2');
  });

  it('bounds depth, lists and texts, and survives a cycle', () => {
    const { log, lines } = captured();
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    log.info('large', { cycle, list: Array.from({ length: 10_000 }, (_, index) => index), text: 'x'.repeat(100_000), bytes: new Uint8Array(9) });
    expect(lines.join().length).toBeLessThan(6_000);
    expect(lines.join()).toContain('[9 bytes]');
  });
});

describe('a logger whose lines leave together', () => {
  const gathered = () => {
    const writes: string[] = [];
    const log = createLogger({ process: 'test', level: 'debug', together: true, write: (text) => writes.push(text) });
    const said = () =>
      writes.map((text) =>
        text
          .trimEnd()
          .split('\n')
          .map((line): unknown => JSON.parse(line).message),
      );
    return { log, said };
  };
  it('writes lines that come together with one call soon, those of its children too, and begins anew', async () => {
    const { log, said } = gathered();
    log.info('one');
    log.child({ wave: 'w1' }).debug('two');
    expect(said()).toEqual([]);
    await vi.waitFor(() => expect(said()).toEqual([['one', 'two']]));
    log.info('three');
    await vi.waitFor(() => expect(said()).toEqual([['one', 'two'], ['three']]));
  });

  it.each(['warn', 'error', 'fatal'] as const)('writes at once what is said as %s, and what was said before it', (level) => {
    const { log, said } = gathered();
    log.info('before');
    log.child({ wave: 'w1' })[level]('urgent');
    expect(said()).toEqual([['before', 'urgent']]);
  });

  it('holds no more than so many lines', () => {
    const { log, said } = gathered();
    for (let no = 0; no < 600; no += 1) log.info(`${no}`);
    expect(said().map((lines) => lines.length)).toEqual([256, 256]);
  });

  it('writes what it holds as its process ends', () => {
    const { log, said } = gathered();
    log.info('last');
    process.listeners('exit').at(-1)?.(0);
    expect(said()).toEqual([['last']]);
  });
});
