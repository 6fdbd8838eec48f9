import { describe, expect, it } from 'vitest';
import { WaveLog, type WaveRecord } from './wave-log';

const wave = (waveId: string): WaveRecord => ({
  waveId,
  watchedNo: 1,
  network: 'sim',
  coin: 'BTC',
  kind: 'increase',
  cause: 'move',
  copies: 2,
  orders: 2,
  skipped: 0,
  scopes: 1,
  leaderFillAt: 0,
  receivedAt: 0,
  inboxDoneAt: 0,
  plannedAt: 0,
  journaledAt: 0,
  firstSentAt: 0,
  lastSentAt: 0,
  lastAnsweredAt: 0,
  sentMs: { p50: 0, p99: 0, max: 0 },
  answeredMs: { p50: 0, p99: 0, max: 0 },
  planMs: 0,
  gateMs: 0,
  journalMs: 0,
  journalCommits: 1,
  journalBytes: 0,
  accepted: 2,
  filled: 2,
  rejected: 0,
  unknown: 0,
  withheld: 0,
  reasons: {},
});

describe('the wave log', () => {
  it('keeps the newest, tells each once, and answers what came after a count', () => {
    const told: string[] = [];
    const log = new WaveLog(2, (record) => told.push(record.waveId));
    for (const id of ['1', '2', '3']) log.add(wave(id));
    expect(told).toEqual(['1', '2', '3']);
    expect(log.since(0).waves.map((record) => record.waveId)).toEqual(['2', '3']);
    expect(log.since(2)).toMatchObject({ next: 3, waves: [{ waveId: '3' }] });
    expect(log.since(3)).toEqual({ next: 3, waves: [] });
  });
});
