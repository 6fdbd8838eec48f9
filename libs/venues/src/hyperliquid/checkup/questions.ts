import { err, ok, type Result } from '@lockstep/kernel';
import type { z } from 'zod';
import type { Address, VenueReadError } from '../../port';
import type { HyperliquidConfig } from '../config';
import { readWith } from '../parse/read';
import { DEFAULT_EGRESS, type EgressAddress } from '../transport/egress-address';
import { HttpClient } from '../transport/http';
import { accountModeOf, userAbstractionAnswer, userAbstractionRequest } from '../wire/user-abstraction';

export type Read<T> = Result<T, VenueReadError>;

/** Questions of a checkup, one connection, none repeated. */
export class Questions {
  private readonly http: HttpClient;

  constructor(
    private readonly config: HyperliquidConfig,
    egress: EgressAddress = DEFAULT_EGRESS,
  ) {
    const { connectTimeoutMs, readTimeoutMs: answerTimeoutMs, answerBytesMax } = config;
    const limits = { connections: 1, connectTimeoutMs, answerTimeoutMs, answerBytesMax };
    this.http = new HttpClient(config.url, limits, egress);
  }

  async ask<T>(request: { readonly type: string } & Readonly<Record<string, unknown>>, schema: z.ZodType<T>): Promise<Read<T>> {
    const outcome = await this.http.post('/info', JSON.stringify(request));
    if (outcome.kind !== 'answer') return err({ code: 'unreachable', detail: outcome.detail });
    if (outcome.status === 429) return err({ code: 'rate_limited', detail: request.type });
    if (outcome.status !== 200) return err({ code: 'unreachable', detail: `${request.type}: HTTP ${outcome.status}` });
    return readWith(request.type, schema, outcome.body);
  }

  /** How an account holds its balances. */
  async modeOf(address: Address): Promise<Read<'standard' | 'unified'>> {
    const answer = await this.ask(userAbstractionRequest(address), userAbstractionAnswer);
    return answer.ok ? ok(accountModeOf(answer.value, this.config.defaultAccountMode)) : answer;
  }

  close(): Promise<void> {
    return this.http.close();
  }
}

export const inWords = ({ code, detail }: VenueReadError): string => `${code}: ${detail}`;
