/** The connection strings of the embedded server. They hold passwords: never log them. */
import type { Secrets } from './files.ts';

export interface EmbeddedUrls {
  /** The bootstrap superuser on the maintenance database. For bootstrap and the shadow database only. */
  readonly root: string;
  /** The same on the template that every new database is made from. */
  readonly template: string;
  readonly owner: string;
  readonly authenticator: string;
  readonly shadow: string;
}

export function embeddedUrls(secrets: Secrets, port: number): EmbeddedUrls {
  const url = (user: string, password: string, database: string) =>
    `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  return {
    root: url('postgres', secrets.superuserPassword, 'postgres'),
    template: url('postgres', secrets.superuserPassword, 'template1'),
    owner: url('todo_owner', secrets.ownerPassword, 'todo'),
    authenticator: url('todo_authenticator', secrets.authenticatorPassword, 'todo'),
    shadow: url('todo_owner', secrets.ownerPassword, 'todo_shadow'),
  };
}
