import { idText, timeText, wireTime } from '@lockstep/delivery';
import type { VenueAccountId } from '@lockstep/kernel';
import { archiveNameOf, type ExportRow, OFFBOARDING_STEPS, type OffboardingRow, type OffboardingStanding } from '@lockstep/storage';
import { z } from 'zod';
import { named } from '../http/documented';
import { sha256Field, timeOrNull } from '../http/fields';

const DAY_MS = 86_400_000;

const fileSchema = named(
  'OffboardingFile',
  z
    .object({
      id: idText('exp'),
      table: z.string(),
      status: z.enum(['queued', 'running', 'ready', 'failed']),
      file_name: z.string().nullable(),
      row_count: z.int().min(0).nullable(),
      byte_count: z.int().min(0).nullable(),
      sha256: sha256Field.nullable(),
    })
    .describe('A table of all that the tenant has, as a CSV file.'),
);

const environmentSchema = named(
  'OffboardingEnvironment',
  z
    .object({
      livemode: z.boolean(),
      copies_open: z.int().min(0).describe('Copies that have not ended.'),
      positions_open: z.int().min(0).describe('Positions of copies that are not flat.'),
      commands_pending: z.int().min(0).describe('What the engine has still to carry out.'),
      followers_left: z.int().min(0).describe('Followers whose persons are not erased.'),
      files: z.array(fileSchema).describe('The archive: they are fetched by the tenant (`GET /v1/exports`) and by the operator until the erasure.'),
    })
    .describe('How one environment of a tenant that is being offboarded stands.'),
);

/** How far a tenant's offboarding is. */
export const offboardingSchema = named(
  'Offboarding',
  z
    .object({
      tenant_id: idText('ten'),
      step: z
        .enum(OFFBOARDING_STEPS)
        .describe(
          '`closing`: copies are stopped and become flat. `exporting`: files of all that the tenant has are made. `waiting`: they may be fetched, and it can still be cancelled. `erasing`: persons and secrets are destroyed. `erased` and `cancelled` are ends.',
        ),
      waits_for: z.string().nullable().describe('For people: what it waits for; null: for nothing, or it has ended.'),
      waiting_days: z.int().min(1),
      begun_by: z.string(),
      began_at: timeText,
      closed_at: timeText.nullable().describe('When everything was flat.'),
      exported_at: timeText.nullable().describe('When the archive was ready.'),
      erase_at: timeText.nullable().describe('No sooner than then is anything erased.'),
      ended_at: timeText.nullable().describe('When it was erased or cancelled.'),
      environments: z.array(environmentSchema),
    })
    .describe('A tenant on its way out of the deployment.'),
);
export type OffboardingBody = z.output<typeof offboardingSchema>;

export interface EnvironmentStanding extends OffboardingStanding {
  readonly livemode: boolean;
  /** Accounts of copies that have not ended whose agent cannot sign; the first few. */
  readonly unsigned: readonly VenueAccountId[];
  readonly files: ReadonlyMap<string, ExportRow>;
}

/** Presents an offboarding with how each environment stands. */
export function offboardingBody(row: OffboardingRow, environments: readonly EnvironmentStanding[]): OffboardingBody {
  return {
    tenant_id: row.tenantId,
    step: row.step,
    waits_for: waitsFor(row, environments),
    waiting_days: row.waitingMs / DAY_MS,
    begun_by: row.actor,
    began_at: wireTime(row.beganAt),
    closed_at: timeOrNull(row.closedAt),
    exported_at: timeOrNull(row.exportedAt),
    erase_at: timeOrNull(row.eraseAt),
    ended_at: timeOrNull(row.endedAt),
    environments: environments.map(({ livemode, copies, positions, commands, followers, files }) => ({
      livemode,
      copies_open: copies,
      positions_open: positions,
      commands_pending: commands,
      followers_left: followers,
      files: [...files.values()].map(fileBody),
    })),
  };
}

const fileBody = (file: ExportRow): z.output<typeof fileSchema> => ({
  id: file.id,
  table: archiveNameOf(file),
  status: file.status,
  file_name: file.fileName,
  row_count: file.rowCount === null ? null : Number(file.rowCount),
  byte_count: file.byteCount === null ? null : Number(file.byteCount),
  sha256: file.sha256?.toString('hex') ?? null,
});

function waitsFor(row: OffboardingRow, environments: readonly EnvironmentStanding[]): string | null {
  switch (row.step) {
    case 'closing':
      return closingWaitsFor(environments);
    case 'exporting':
      return exportingWaitsFor(environments.flatMap((one) => [...one.files.values()]));
    case 'waiting':
      return row.eraseAt === null ? null : `the end of the waiting period, ${wireTime(row.eraseAt)}`;
    case 'erasing':
      return `${sumOf(environments, (one) => one.followers)} followers to be erased`;
    default:
      return null;
  }
}

function closingWaitsFor(environments: readonly EnvironmentStanding[]): string {
  const [copies, positions, commands] = [
    sumOf(environments, (one) => one.copies),
    sumOf(environments, (one) => one.positions),
    sumOf(environments, (one) => one.commands),
  ];
  const funding = sumOf(environments, (one) => one.fundingUnread);
  const unsigned = environments.flatMap((one) => one.unsigned);
  return [
    `${copies} copies to end, ${positions} positions to be flat, ${commands} commands to be carried out`,
    ...(funding > 0 ? [`the funding of ${funding} accounts to be read, which the venue charges at the full hour`] : []),
    ...(environments.some((one) => one.unsettled) ? ['the last period to be settled'] : []),
    ...(unsigned.length > 0 ? [`accounts that cannot sign: ${unsigned.join(' ')}`] : []),
  ].join(', ');
}

function exportingWaitsFor(files: readonly ExportRow[]): string {
  const ready = `files: ${files.filter(({ status }) => status === 'ready').length} are ready`;
  const failed = files.filter(({ status }) => status === 'failed').map(archiveNameOf);
  return failed.length === 0 ? ready : `${ready}, failed and made again: ${[...new Set(failed)].join(' ')}`;
}

const sumOf = (environments: readonly EnvironmentStanding[], of: (one: EnvironmentStanding) => number): number =>
  environments.reduce((total, one) => total + of(one), 0);
