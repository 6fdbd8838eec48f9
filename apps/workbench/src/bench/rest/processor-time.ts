import { z } from 'zod';

/** Processor time a process has used so far, in seconds. */
export type ProcessorTime = () => Promise<number>;

const spent = z.object({ seconds: z.number() });

/** Of the bare hello, which tells it. */
export const timeOfHello =
  (url: string): ProcessorTime =>
  async () =>
    spent.parse(await (await fetch(`${url}cpu`)).json()).seconds;

/** Of a gateway, from its metrics. */
export const timeOfGateway =
  (operatorUrl: string): ProcessorTime =>
  async () => {
    const text = await (await fetch(`${operatorUrl}/metrics`)).text();
    const found = /^process_cpu_seconds_total(?:\{[^}]*\})? (\S+)/m.exec(text);
    return z.coerce.number().parse(found?.[1]);
  };
