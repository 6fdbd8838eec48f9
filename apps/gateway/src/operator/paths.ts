import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { idField } from '../http/fields';

export const tenantIdField = idField('ten').describe('The id of a tenant.');

/** What addresses below a tenant name. */
export class TenantPath extends createZodDto(z.object({ id: tenantIdField })) {}
/** What the address of a tenant's host names, however it is written. */
export class DomainPath extends createZodDto(z.object({ id: tenantIdField, host: z.string().max(253) })) {}
/** What the address of a file of a tenant's archive names. */
export class ArchiveFilePath extends createZodDto(z.object({ id: tenantIdField, file: idField('exp').describe('The id of a file.') })) {}
/** What the address of a tier names. */
export class TierPath extends createZodDto(z.object({ name: z.string().max(32) })) {}
