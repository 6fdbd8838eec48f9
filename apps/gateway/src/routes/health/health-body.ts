import { z } from 'zod';
import { named } from '../../http/documented';

export const liveSchema = named('Live', z.object({ status: z.literal('live') }));
export const readySchema = named('Ready', z.object({ status: z.literal('ready') }));
