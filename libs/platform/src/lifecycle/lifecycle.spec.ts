import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../log/logger';
import { createLifecycle } from './lifecycle';

function started(drainTimeoutMs = 5_000) {
  const emitter = new EventEmitter();
  const codes: number[] = [];
  const lines: string[] = [];
  let exited = (): void => undefined;
  const exit = new Promise<void>((resolve) => {
    exited = resolve;
  });
  const host = Object.assign(emitter, {
    exit: (code: number) => {
      codes.push(code);
      exited();
    },
  });
  const log = createLogger({ process: 'test', level: 'info', write: (line) => lines.push(line) });
  return { lifecycle: createLifecycle({ log, drainTimeoutMs, host }), host, codes, lines, exit };
}

describe('the end of a process', () => {
  it.each(['SIGTERM', 'SIGINT'])('on %s closes what was started last first, then exits with 0', async (signal) => {
    const { lifecycle, host, codes, exit } = started();
    const closed: string[] = [];
    for (const name of ['database', 'server']) {
      lifecycle.onDrain(name, async () => {
        closed.push(name);
      });
    }
    expect(lifecycle.isDraining()).toBe(false);
    host.emit(signal);
    expect(lifecycle.isDraining()).toBe(true);
    await exit;
    expect(closed).toEqual(['server', 'database']);
    expect(codes).toEqual([0]);
    expect(host.eventNames()).toEqual([]);
  });

  it('goes on after a step that fails, and exits with 1', async () => {
    const { lifecycle, codes, lines } = started();
    let closed = false;
    lifecycle.onDrain('database', async () => {
      closed = true;
    });
    lifecycle.onDrain('server', () => Promise.reject(new Error('postgres://owner:hunter2@db')));
    await lifecycle.drain('test');
    expect(closed).toBe(true);
    expect(codes).toEqual([1]);
    expect(lines.join()).toContain('closing failed');
    expect(lines.join()).not.toContain('hunter2');
  });

  it('comes at the deadline at the latest, with 1', async () => {
    const { lifecycle, codes, lines } = started(20);
    lifecycle.onDrain('stuck', () => new Promise(() => undefined));
    await lifecycle.drain('test');
    expect(codes).toEqual([1]);
    expect(lines.join()).toContain('drain deadline passed');
  });

  it('comes at once with the second signal', () => {
    const { lifecycle, host, codes } = started();
    lifecycle.onDrain('stuck', () => new Promise(() => undefined));
    host.emit('SIGINT');
    host.emit('SIGINT');
    expect(codes).toEqual([1]);
  });

  it.each(['uncaughtException', 'unhandledRejection'])('follows an %s, which is logged without secrets, with 1', async (event) => {
    const { host, codes, lines, exit } = started();
    host.emit(event, Object.assign(new Error('no answer from redis://:hunter2@cache'), { token: 'hunter2' }));
    await exit;
    expect(codes).toEqual([1]);
    expect(lines.join()).toContain('"level":"fatal"');
    expect(lines.join()).not.toContain('hunter2');
  });

  it('happens once, however often it is asked for; the worst code counts', async () => {
    const { lifecycle, codes } = started();
    await Promise.all([lifecycle.drain('one'), lifecycle.drain('two', 1)]);
    expect(codes).toEqual([1]);
  });
});
