/**
 * The comments of a new table: documentation of the API, and messages of constraints. Takes the table, returns
 * lines of SQL. Every part that the doctor asks about must have one.
 */
import {
  article,
  blankName,
  LENGTH,
  lengthName,
  type NewTable,
  referenceKey,
  referenceName,
  upper,
  words,
} from './scaffold-names.ts';

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export function comments({ name, columns, parents, list }: NewTable): string[] {
  const noun = words(name);
  const on = (what: string, text: string) => `comment on ${what} is ${literal(text)};`;
  const column = (of: string, text: string) => on(`column public.${name}.${of}`, text);
  const policy = (of: string, text: string) => on(`policy ${of} on public.${name}`, text);
  return [
    '-- Comments on tables and columns are the documentation of the API. The comment on a constraint is the',
    '-- message that a client gets for breaking it.',
    on(`table public.${name}`, `${upper(article(noun))}. Only its owner can see it.`),
    column('id', `The ${noun}'s id.`),
    ...columns.map((one) =>
      column(
        one.name,
        `The ${noun}'s ${words(one.name)}${one.isText ? `: 1 to ${LENGTH} characters` : ''}.`,
      ),
    ),
    ...parents.map((parent) =>
      column(referenceName(parent), `The ${words(parent.name)} that it belongs to.`),
    ),
    column('user_id', `The owner: always the person who made the ${noun}.`),
    column('created_at', `When the ${noun} was made.`),
    column('updated_at', `When the ${noun} last changed; null if it never did.`),
    ...columns
      .filter(({ isText }) => isText)
      .flatMap((one) => [
        on(
          `constraint ${lengthName(name, one)} on public.${name}`,
          `${one.name} must be 1 to ${LENGTH} characters`,
        ),
        on(`constraint ${blankName(name, one)} on public.${name}`, `${one.name} must not be blank`),
      ]),
    ...parents.map(
      (parent) =>
        `comment on constraint ${referenceKey(name, parent)} on public.${name} is\n  E'@fieldName ${camel(parent.name)}\\n@foreignFieldName ${list}\\nThere is no such ${words(parent.name)}';`,
    ),
    on(`trigger _100_immutable on public.${name}`, 'id, user_id and created_at never change.'),
    on(`trigger _200_touch on public.${name}`, 'Sets updated_at when anything else has changed.'),
    policy('select_own', 'A person sees their own rows only.'),
    policy('insert_own', 'A row is made for the person who makes it.'),
    policy('update_own', 'A person changes their own rows only, and cannot give one away.'),
    policy('delete_own', 'A person deletes their own rows only.'),
  ];
}

const camel = (name: string): string =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
