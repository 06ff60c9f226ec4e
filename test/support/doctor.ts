/** A table without row level security, for the tests of whoever runs the doctor; and its mending. */
import type { ClientBase } from 'pg';
import { errorsOf, examine } from '../../src/doctor/doctor.ts';

export const UNPROTECTED = `
  create table public.secret (
    id integer generated always as identity primary key,
    user_id integer not null references public."user" (id) on delete cascade
  );
  create index on public.secret (user_id)`;

/** Runs what the doctor prints, as its reader would. */
export async function mend(client: ClientBase): Promise<void> {
  for (const { fix } of errorsOf(await examine(client))) await client.query(fix);
}
