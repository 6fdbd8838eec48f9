import { idText, timeText } from '@lockstep/delivery';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField } from '../../http/fields';

/** The tenant as its own keys see it. */
export const tenantSchema = named(
  'Tenant',
  z
    .object({
      id: idText('ten'),
      livemode: livemodeField,
      name: z.string(),
      tier: z.string(),
      time_zone: z.string().describe('IANA name; days of daily limits begin at its midnight.'),
      operator_share: z.string().describe('The operator’s part of the execution markup by contract, 0 to 1.'),
      created_at: timeText,
    })
    .describe('The brand this key belongs to.'),
);

const instrumentSchema = named(
  'Instrument',
  z
    .object({
      coin: z.string(),
      dex: z.string().describe('The exchange within the venue; empty is the main one.'),
      size_decimals: z.int().min(0).describe('Decimals of a size; one lot is 10^-size_decimals.'),
      max_leverage: z.int().min(1),
      only_isolated: z.boolean(),
      delisted: z.boolean(),
      collateral: z.string(),
    })
    .describe('Something that can be traded on a network.'),
);
export const instrumentListSchema = listOf('InstrumentList', instrumentSchema);
