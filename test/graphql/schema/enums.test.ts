/** Labels of enums that are no names in GraphQL: the API offers names for them and keeps the labels. */
import { beforeAll, describe, expect, test } from 'vitest';
import { OperatorError } from '../../../src/errors.ts';
import { startServer } from '../../../src/server.ts';
import { useTestDatabase } from '../../support/database.ts';
import { testIssuer, testServerOptions, useTestServer } from '../../support/server.ts';
import { dataOf } from '../../support/tasks.ts';

const NAMES: [label: string, name: string][] = [
  ['open', 'open'],
  ['IN_PROGRESS', 'IN_PROGRESS'],
  ['_private_', '_private_'],
  ['in progress', 'in_progress'],
  ["won't - fix!", 'won_t_fix'],
  ['2nd', '_2nd'],
  ['__typename', '_typename'],
  ['true', 'true_'],
  ['déjà vu', 'deja_vu'],
  ['進む', 'Jin_mu'],
  ['🙂', '_'],
  ['>=', 'GREATER_THAN_OR_EQUAL'],
  ['', '_EMPTY_'],
];

const database = useTestDatabase();
const LABELS = NAMES.map(([label]) => `'${label.replaceAll("'", "''")}'`).join(', ');
beforeAll(() =>
  database.owner.query(`
    create type public.state as enum (${LABELS});
    create table public.step (
      id integer generated always as identity primary key,
      state public.state not null, states public.state[],
      user_id integer not null default app_private.current_user_id()
        references public."user" (id) on delete cascade
    );
    alter table public.step enable row level security, force row level security;
    create index on public.step (user_id, id);
    create policy select_own on public.step for select
      using (user_id = (select app_private.current_user_id()));
    create policy insert_own on public.step for insert
      with check (user_id = (select app_private.current_user_id()));
    grant select on public.step to todo_user;
    grant insert (state, states) on public.step to todo_user`),
);

const WHO = 131;
const CREATE =
  'mutation ($step: StepInput!) { createStep(input: { step: $step }) { step { state states } } }';

describe.each(['compiled', 'grafast'] as const)('carried out by %s', (executor) => {
  const server = useTestServer(database, { executor });

  test('every label is written and read by its name', async () => {
    const type = '{ __type(name: "State") { enumValues { name } } }';
    const { enumValues } = dataOf(await server.ask(WHO, type)).__type;
    expect(enumValues).toEqual(NAMES.map(([, name]) => ({ name })));
    for (const [label, state] of NAMES) {
      const step = { state, states: [state, 'open', null] };
      expect(dataOf(await server.ask(WHO, CREATE, { step })).createStep.step).toEqual(step);
      const { rows } = await database.privileged.query(
        'select state::text from public.step order by id desc limit 1',
      );
      expect(rows).toEqual([{ state: label }]);
    }
    const find =
      'query ($state: State) { steps(condition: { state: $state }) { nodes { state states } } }';
    for (const [, state] of NAMES) {
      const [found] = dataOf(await server.ask(WHO, find, { state })).steps.nodes;
      expect(found).toEqual({ state, states: [state, 'open', null] });
    }
  });
});

describe('two labels that would have one name', () => {
  const confused = useTestDatabase();
  test('are refused with the fix', async () => {
    await confused.owner.query(`
      create type public.mood as enum ('so-so', 'so so');
      create function public.my_mood() returns public.mood language sql stable
        begin atomic select 'so-so'::public.mood; end`);
    const starting = startServer(testServerOptions(confused, testIssuer()));
    await expect(starting).rejects.toEqual(
      new OperatorError(
        'The labels "so-so" and "so so" of the enum mood would both be so_so in GraphQL.',
        'rename one of them: alter type mood rename value … to …',
      ),
    );
  });
});
