import { must } from '@lockstep/kernel';
import { Client } from 'pg';

/**
 * Makes a database on the owner's server, as a copy of `template` to which nothing may be connected meanwhile. Returns its address. Throws when the name is taken.
 * Its files are copied: block by block through the log, as the server does it by itself, a schema of hundreds of tables costs it three times as much.
 */
export async function createDatabase(ownerUrl: string, name: string, template: string): Promise<string> {
  await administer(ownerUrl, `create database ${identifier(name)} template ${identifier(template)} strategy file_copy`);
  return addressOf(ownerUrl, name);
}

/** Ends every connection to a database of the owner's server and removes it, if it is there. */
export function dropDatabase(ownerUrl: string, name: string): Promise<void> {
  return administer(ownerUrl, `drop database if exists ${identifier(name)} with (force)`);
}

function addressOf(ownerUrl: string, name: string): string {
  const url = new URL(ownerUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Such statements take no parameters. */
function identifier(name: string): string {
  must(/^[a-z_][a-z0-9_]{0,62}$/.test(name), `database name "${name}" must be lower-case letters, digits and underscores`);
  return name;
}

async function administer(ownerUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: addressOf(ownerUrl, 'postgres') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
