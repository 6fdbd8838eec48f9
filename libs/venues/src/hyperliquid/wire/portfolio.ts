import { UNIT_SCALE } from '@lockstep/kernel';
import { z } from 'zod';
import type { EquityPoint } from '../../port';
import { moneyText } from '../parse/amounts';

/** How the venue values an account over time, by period (facts §9). Weight 20. It has more decimals than money; they are cut off. */
export const portfolioRequest = (user: string) => ({ type: 'portfolio', user });

const valueText = z
  .string()
  .transform((text) => text.replace(new RegExp(`(\\.\\d{${UNIT_SCALE}})\\d+$`), '$1'))
  .pipe(moneyText);

export const portfolioAnswer = z.array(
  z.tuple([
    z.string(),
    z.looseObject({
      accountValueHistory: z.array(z.tuple([z.number(), valueText])),
      pnlHistory: z.array(z.tuple([z.number(), valueText])).default([]),
    }),
  ]),
);

/** The newest value of a period; null where none is told. */
export function newestValue(answer: z.infer<typeof portfolioAnswer>, period: string): z.infer<typeof moneyText> | null {
  const history = answer.find(([name]) => name === period)?.[1].accountValueHistory ?? [];
  return (
    history.reduce<(typeof history)[number] | null>((newest, point) => (newest === null || point[0] >= newest[0] ? point : newest), null)?.[1] ?? null
  );
}

/** Value and profit of a period, oldest first, where both are told of the same moment. */
export function equityPoints(answer: z.infer<typeof portfolioAnswer>, period: string): readonly EquityPoint[] {
  const found = answer.find(([name]) => name === period)?.[1];
  const profits = new Map(found?.pnlHistory ?? []);
  return (found?.accountValueHistory ?? []).flatMap(([at, equity]) => {
    const pnl = profits.get(at);
    return pnl === undefined ? [] : [{ at, equity, pnl }];
  });
}
