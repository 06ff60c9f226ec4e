/** The connection strings of the embedded server, from its passwords and port. Never log them. */
import type { Secrets } from './files.ts';

export interface EmbeddedUrls {
  /** The superuser on the maintenance database. Only for bootstrap and the shadow database. */
  readonly root: string;
  /** The superuser on template1, the template of new databases. */
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
