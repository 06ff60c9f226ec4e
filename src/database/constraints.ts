/**
 * Reads the comments of constraints: the messages that the API gives when a value breaks one. Takes the pool,
 * returns constraint name → sentence. Smart tags of PostGraphile (@…) are never part of a message.
 */
import type { Pool } from 'pg';

export async function loadConstraintMessages(pool: Pool): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ name: string; message: string }>(
    `select c.conname as name, obj_description(c.oid, 'pg_constraint') as message
     from pg_catalog.pg_constraint as c
     where c.connamespace in ('public'::regnamespace, 'app_private'::regnamespace)
       and obj_description(c.oid, 'pg_constraint') is not null`,
  );
  const spoken = rows.filter(({ message }) => !/^(@.*\s*)*$/.test(message));
  return new Map(spoken.map(({ name, message }) => [name, sentence(message)]));
}

/** Removes smart tags, such as the field names in a foreign key's comment. */
function sentence(comment: string): string {
  const text = comment.replace(/^@.*\n?/gm, '').trim();
  return text.endsWith('.') ? text : `${text}.`;
}
