import { z } from 'zod';
import { type ControlReply, created, done, refused } from '../control/answers';
import { complaintOf } from '../control/schemas';
import { REQUESTS_PER_WINDOW } from './assumptions';
import type { ProviderApi } from './provider-api';

const keySchema = z.strictObject({
  kind: z.enum(['live', 'test']).default('live'),
  /** Epoch ms; null never expires. */
  expiresAt: z.int().min(0).nullable().default(null),
  requestsPerMinute: z.int().min(1).max(1_000_000).default(REQUESTS_PER_WINDOW),
});
const modeSchema = z.strictObject({ signatureMode: z.enum(['strict', 'presence']) });

/** `POST`, `GET` and `DELETE /provider/keys[/<key>]`, `POST` and `GET /provider`. `body` is read for POST alone. */
export function controlProvider(api: ProviderApi, method: string, part: string, id: string, body: unknown): ControlReply {
  switch (`${method} ${part}`) {
    case 'POST keys': {
      const wish = keySchema.safeParse(body);
      return wish.success ? created({ key: api.keys.create(wish.data) }) : refused(400, complaintOf(wish.error));
    }
    case 'GET keys':
      return done(api.keys.list());
    case 'DELETE keys':
      return api.keys.revoke(id) ? done() : refused(404, 'no such key');
    case 'POST ': {
      const wish = modeSchema.safeParse(body);
      if (!wish.success) return refused(400, complaintOf(wish.error));
      api.signatureMode = wish.data.signatureMode;
      return done({ signatureMode: api.signatureMode });
    }
    case 'GET ':
      return done({ signatureMode: api.signatureMode, keys: api.keys.list().length });
    default:
      return refused(404, `no ${method} /provider/${part}`);
  }
}
