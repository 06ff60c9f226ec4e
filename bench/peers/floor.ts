/**
 * The least that Node can do: node:http and SQL by hand. Variant `rls`: Rowguard's adaptor, settings and
 * statement in one round trip, no condition on user_id. Variant `plain`: the same statements on
 * node-postgres without row level security. The difference is the cost of the policies.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openDatabase } from '../../src/database/service.ts';
import { sessionSettings } from '../../src/database/session.ts';
import type { Identity } from '../../src/identity/identity.ts';
import {
  identify,
  openPool,
  type PeerSettings,
  readBody,
  readSettings,
  serve,
} from './support/peer.ts';
import { type PageOptions, type Task, taskAccess } from './support/tasks.ts';

const settings = await readSettings();
const identity = identify(settings);
const access = settings.variant === 'rls' ? await withRls(settings) : withoutRls(settings);

serve((request, response) => {
  // A client may close the connection during its request.
  answer(request, response).catch(() => response.destroy());
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const person = await identity(request.headers.authorization);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const id = Number(url.pathname.slice('/tasks/'.length));
  let result: unknown;
  if (request.method === 'POST') {
    result = await access.create(person, JSON.parse(await readBody(request)).title);
  } else if (request.method === 'PATCH') {
    result = await access.setCompleted(person, id, JSON.parse(await readBody(request)).completed);
  } else if (id) result = await access.byId(person, id);
  else {
    const { first, after, completed } = Object.fromEntries(url.searchParams);
    result = await access.page(person, {
      first: Math.min(Number(first ?? 20), 200),
      after: after === undefined ? undefined : Number(after),
      completed: completed === undefined ? undefined : completed === 'true',
    });
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(result));
}

function withoutRls(peer: PeerSettings) {
  const tasks = taskAccess(openPool(peer));
  return {
    page: (person: Identity, page: PageOptions) => tasks.page(person.userId, page),
    byId: (person: Identity, taskId: number) => tasks.byId(person.userId, taskId),
    create: (person: Identity, title: string) => tasks.create(person.userId, title),
    setCompleted: (person: Identity, taskId: number, completed: boolean) =>
      tasks.setCompleted(person.userId, taskId, completed),
  };
}

async function withRls(peer: PeerSettings): Promise<ReturnType<typeof withoutRls>> {
  const { withPgClient } = await openDatabase({
    pool: openPool(peer),
    adaptor: 'one-round-trip',
    preparedStatements: true,
  });
  const columns = 'id, title, completed, created_at as "createdAt", updated_at as "updatedAt"';
  const ask = async (person: Identity, text: string, values: unknown[]): Promise<Task[]> => {
    const { rows } = await withPgClient(sessionSettings(person.userId, 10_000), (client) =>
      client.query<Task>({ text, values }),
    );
    return [...rows];
  };
  const one = async (rows: Promise<Task[]>) => (await rows)[0] ?? null;
  return {
    page(person, { first, completed, after }) {
      const values: unknown[] = [first];
      const conditions: string[] = [];
      if (completed != null) conditions.push(`completed = $${values.push(completed)}`);
      if (after != null) conditions.push(`id < $${values.push(after)}`);
      const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
      return ask(
        person,
        `select ${columns} from public.task ${where} order by id desc limit $1`,
        values,
      );
    },
    byId: (person, taskId) =>
      one(ask(person, `select ${columns} from public.task where id = $1`, [taskId])),
    create: (person, title) =>
      one(ask(person, `insert into public.task (title) values ($1) returning ${columns}`, [title])),
    setCompleted: (person, taskId, completed) =>
      one(
        ask(person, `update public.task set completed = $2 where id = $1 returning ${columns}`, [
          taskId,
          completed,
        ]),
      ),
  };
}
