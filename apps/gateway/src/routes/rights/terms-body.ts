import { idText, timeText, wireTime } from '@lockstep/delivery';
import type { CopyConsentRow, LeaderTermsRow } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { sha256Field } from '../../http/fields';

export const documentUrlField = z
  .url({ protocol: /^https$/, error: 'an https address' })
  .max(500)
  .describe('Where the document stands.')
  .meta({ examples: ['https://brand.example/terms/2026-12.pdf'] });
export const documentSha256Field = sha256Field
  .describe('SHA-256 of the document, lower-case hexadecimal: what was consented to can be proved by it.')
  .meta({ examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'] });

/** A version of a leader's published terms. */
export const leaderTermsSchema = named(
  'LeaderTerms',
  z
    .object({
      leader_id: idText('ldr'),
      version: z.int().min(1).describe('From 1, one more with each publication.'),
      document_url: z.string(),
      sha256: documentSha256Field,
      binding_from: timeText.describe('From then on copies take no new risk whose followers have not consented to this version or a newer one.'),
      actor: z.string().describe('The API key that published it.'),
      created_at: timeText,
    })
    .describe('Terms of a leader that followers consent to. A version never changes.'),
);
export const leaderTermsListSchema = listOf('LeaderTermsList', leaderTermsSchema);
export type LeaderTermsBody = z.output<typeof leaderTermsSchema>;

export const leaderTermsBody = (row: LeaderTermsRow): LeaderTermsBody => ({
  leader_id: row.leaderId,
  version: row.version,
  document_url: row.documentUrl,
  sha256: row.sha256,
  binding_from: wireTime(row.bindingFrom),
  actor: row.actor,
  created_at: wireTime(row.createdAt),
});

/** Proof of one consent. */
export const copyConsentSchema = named(
  'CopyConsent',
  z
    .object({
      copy_id: idText('cpy'),
      leader_id: idText('ldr'),
      version: z.int().min(1).describe('Of the leader’s terms.'),
      actor: z.string().describe('The API key by which it was given.'),
      consented_at: timeText,
    })
    .describe('A consent to a version of the leader’s terms. It never changes.'),
);
export const copyConsentListSchema = listOf('CopyConsentList', copyConsentSchema);

export const copyConsentBody = (row: CopyConsentRow): z.output<typeof copyConsentSchema> => ({
  copy_id: row.copyId,
  leader_id: row.leaderId,
  version: row.version,
  actor: row.actor,
  consented_at: wireTime(row.consentedAt),
});
