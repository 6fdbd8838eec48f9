import { type Config } from '@lockstep/platform';
import { migrate, resolveRoleUrls } from '@lockstep/storage';
import { givenUrls } from '../processes/stack';

/** Brings the database of `DATABASE_URL` to the newest schema and makes the login roles. Ends with code 2 when no database is named. */
export async function runMigrate(config: Config<'workbench'>): Promise<number> {
  if (!config.databaseUrl) {
    process.stderr.write('migrate: set DATABASE_URL to the owner of the database; `npm start` migrates the embedded one by itself\n');
    return 2;
  }
  const ownerUrl = config.databaseUrl.reveal();
  const { applied } = await migrate(ownerUrl, resolveRoleUrls(ownerUrl, givenUrls(config)));
  process.stdout.write(applied.length === 0 ? 'up to date\n' : `${applied.map((name) => `applied ${name}`).join('\n')}\n`);
  return 0;
}
