import type { z } from 'zod';

/** One entry of the catalogue. */
export interface EventDefinition<S extends z.ZodType> {
  readonly version: number;
  /** One sentence for the documentation. */
  readonly meaning: string;
  readonly data: S;
}

export const define = <S extends z.ZodType>(version: number, meaning: string, data: S): EventDefinition<S> => ({ version, meaning, data });
