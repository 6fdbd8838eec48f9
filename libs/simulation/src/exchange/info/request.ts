import { dexNamed, type Exchange } from '../exchange';
import { asAddress, asText, asWhole, type JsonObject } from '../json';
import type { Address, Json } from '../port';
import type { Dex } from '../state';

/** Answers one info type; null when a key is missing or of the wrong type (the venue then says 422). */
export type InfoAnswerer = (ex: Exchange, request: JsonObject) => Json | undefined;

/** The named dex, the main one when absent; undefined when there is no such dex. */
export function dexOf(ex: Exchange, request: JsonObject): Dex | undefined {
  const name = request.dex === undefined || request.dex === null ? '' : asText(request.dex);
  return name === null ? undefined : (dexNamed(ex, name) ?? undefined);
}

/** Wraps an answerer that needs `user`. */
export const forUser =
  (answer: (ex: Exchange, user: Address, request: JsonObject) => Json | undefined): InfoAnswerer =>
  (ex, request) => {
    const user = asAddress(request.user);
    return user === null ? undefined : answer(ex, user, request);
  };

export interface TimeRange {
  readonly from: number;
  readonly through: number;
}

/** `startTime` and `endTime`, both inclusive; undefined when malformed or when a needed start is missing. */
export function timeRange(request: JsonObject, needsStart: boolean): TimeRange | undefined {
  const from = request.startTime === undefined || request.startTime === null ? (needsStart ? null : 0) : asWhole(request.startTime);
  const through = request.endTime === undefined || request.endTime === null ? Number.MAX_SAFE_INTEGER : asWhole(request.endTime);
  return from === null || through === null ? undefined : { from, through };
}

export const inRange = ({ from, through }: TimeRange, time: number): boolean => time >= from && time <= through;

/** Most elements of a time-ranged answer other than fills. */
export const RANGE_MOST = 500;
