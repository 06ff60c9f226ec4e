/**
 * A new owned table as the text of migrations/current.sql, in the order of docs/conventions.md. Takes names
 * that scaffold-check.ts has accepted, returns SQL that can run twice and that the doctor has no finding for.
 * Never touches a file or a database.
 */

export interface NewColumn {
  readonly name: string;
  /** As SQL writes it: `text`, `numeric(10, 2)`. */
  readonly type: string;
  /** What follows the type: `not null`, `default 0`; empty if there is nothing. */
  readonly rest: string;
  /** As format_type() writes it, without a length. */
  readonly typeName: string;
  readonly isText: boolean;
}

/** An owned table with an `id` that the new one refers to. */
export interface Parent {
  readonly name: string;
  readonly owner: string;
  /** Whether it has a unique key of owner and id. If not, the migration adds one. */
  readonly isKeyed: boolean;
}

export interface NewTable {
  readonly name: string;
  readonly columns: readonly NewColumn[];
  readonly parents: readonly Parent[];
  /** The field of the API that lists the rows. */
  readonly list: string;
}

/** Characters of a text column, unless the author writes another limit. */
const LENGTH = 200;

const OWN = 'user_id = (select app_private.current_user_id())';
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const words = (name: string): string => name.replaceAll('_', ' ');
const article = (noun: string): string => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`);

/** The column of a reference. */
export const referenceName = ({ name }: Parent): string => `${name}_id`;

export function scaffold(table: NewTable): string {
  return `${[
    ...beginning(table),
    ...creation(table),
    ...security(table),
    ...indexes(table),
    ...triggers(table),
    ...policies(table),
    ...grants(table),
    ...comments(table),
  ].join('\n')}\n`;
}

/** Every column with a name of the author's. */
const written = ({ parents, columns }: NewTable): string[] => [
  ...columns.map(({ name }) => name),
  ...parents.map(referenceName),
];

function beginning({ name, parents }: NewTable): string[] {
  const keyless = parents.filter(({ isKeyed }) => !isKeyed);
  return [
    `-- ${upper(words(name))}: say here why this table exists.`,
    '-- The file runs at every save, so it begins by undoing what it makes. Change anything below.',
    '',
    ...(parents.length > 0
      ? [
          '-- The tables that it refers to are in use. After five seconds of waiting, give up instead of',
          '-- blocking requests.',
          "set local lock_timeout = '5s';",
          '',
        ]
      : []),
    `drop table if exists public.${name};`,
    ...keyless.flatMap((parent) => [
      `alter table public.${parent.name} drop constraint if exists ${keyName(parent)};`,
      '',
      `-- What refers to ${article(words(parent.name))} names its owner too.`,
      `alter table public.${parent.name} add constraint ${keyName(parent)} unique (${parent.owner}, id);`,
    ]),
    '',
  ];
}

const keyName = ({ name, owner }: Parent): string => `${name}_${owner}_id_key`;

function creation(table: NewTable): string[] {
  const { name, columns, parents } = table;
  const lines = [
    'id integer generated always as identity',
    ...columns.map((column) => `${column.name} ${column.type}${column.rest && ` ${column.rest}`}`),
    ...parents.map((parent) => `${referenceName(parent)} integer not null`),
    'user_id integer not null default app_private.current_user_id()',
    'created_at timestamptz not null default now()',
    'updated_at timestamptz',
    `constraint ${name}_pkey primary key (id)`,
    ...columns
      .filter(({ isText }) => isText)
      .flatMap((column) => [
        `constraint ${lengthName(name, column)} check (char_length(${column.name}) between 1 and ${LENGTH})`,
        `constraint ${blankName(name, column)} check (not app_private.is_blank(${column.name}))`,
      ]),
    `constraint ${name}_user_id_fkey foreign key (user_id) references public."user" (id) on delete cascade`,
  ];
  return [
    `create table public.${name} (`,
    ...lines.slice(0, -1).map((line) => `  ${line},`),
    ...parents.flatMap((parent) => referenceLines(name, parent)).map((line) => `  ${line}`),
    `  ${lines.at(-1)}`,
    ');',
    '',
  ];
}

const lengthName = (table: string, { name }: NewColumn) => `${table}_${name}_length`;
const blankName = (table: string, { name }: NewColumn) => `${table}_${name}_not_blank`;
const referenceKey = (table: string, parent: Parent) => `${table}_${referenceName(parent)}_fkey`;

function referenceLines(table: string, parent: Parent): string[] {
  const { name, owner } = parent;
  return [
    '-- PostgreSQL checks foreign keys without row level security. With the owner in it, this one refuses',
    `-- the ${words(name)} of another person.`,
    `constraint ${referenceKey(table, parent)} foreign key (user_id, ${referenceName(parent)})`,
    `  references public.${name} (${owner}, id) on delete cascade,`,
  ];
}

const security = ({ name }: NewTable): string[] => [
  `alter table public.${name} enable row level security;`,
  `alter table public.${name} force row level security;`,
  '',
];

const indexes = ({ name, parents }: NewTable): string[] => [
  `-- A person's rows, newest first, page by page. The cascade from "user" uses it too.`,
  `create index ${name}_user_id_idx on public.${name} (user_id, id);`,
  ...parents.flatMap((parent) => [
    `-- The rows of ${article(words(parent.name))}, and the check when it is deleted.`,
    `create index ${name}_user_id_${referenceName(parent)}_idx on public.${name} (user_id, ${referenceName(parent)}, id);`,
  ]),
  '',
];

const triggers = ({ name }: NewTable): string[] => [
  'create trigger _100_immutable',
  `  before update on public.${name}`,
  '  for each row',
  '  when (old.id is distinct from new.id or old.user_id is distinct from new.user_id',
  '    or old.created_at is distinct from new.created_at)',
  "  execute function app_private.refuse_change('id', 'user_id', 'created_at');",
  '',
  '-- Also for columns that are added later: it compares whole rows.',
  'create trigger _200_touch',
  `  before update on public.${name}`,
  '  for each row',
  '  execute function app_private.touch();',
  '',
];

const policies = ({ name }: NewTable): string[] => [
  `create policy select_own on public.${name} for select`,
  `  using (${OWN});`,
  `create policy insert_own on public.${name} for insert`,
  `  with check (${OWN});`,
  `create policy update_own on public.${name} for update`,
  `  using (${OWN})`,
  `  with check (${OWN});`,
  `create policy delete_own on public.${name} for delete`,
  `  using (${OWN});`,
  '',
];

const grants = (table: NewTable): string[] => {
  const all = written(table).join(', ');
  return [
    `grant select, delete on public.${table.name} to todo_user;`,
    `grant insert (${all}) on public.${table.name} to todo_user;`,
    `grant update (${all}) on public.${table.name} to todo_user;`,
    '-- No grant on id, user_id, created_at or updated_at: the database fills them.',
    '',
  ];
};

/** Comments are the documentation of the API, and the messages of constraints. */
function comments({ name, columns, parents, list }: NewTable): string[] {
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

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const camel = (name: string): string =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
