/**
 * Routes of one row: read, create, replace, change, complete, delete. Takes a call, answers it by one GraphQL
 * operation. A row of another person is answered exactly as one that does not exist.
 */
import { type Purpose, type Values, valuesIn } from './body.ts';
import { type Call, missing, namesOf, run, sendRow } from './call.ts';
import { callDocument, deleteDocument, oneDocument, writeDocument } from './documents.ts';
import { EXPECTED, KEY, type Resource, type Write } from './model.ts';
import { Problem } from './problem.ts';
import { expectationOf, matches, tagOf } from './rows.ts';

export async function answerRow(call: Call, resource: Resource, id: number): Promise<void> {
  const { row } = await run(call, { text: oneDocument(resource), variables: { id } });
  if (!row) throw missing();
  const tag = tagOf(resource, row);
  if (tag !== undefined && matches(call.request.headers['if-none-match'], tag)) {
    call.response.setHeader('ETag', tag);
    call.response.status(304).end();
  } else sendRow(call, resource, row);
}

export async function create(call: Call, resource: Resource, write: Write): Promise<void> {
  const { request, response, userId } = call;
  const values = valuesIn(request.body, resource, 'create', userId);
  const key = request.headers['idempotency-key'];
  const input = {
    ...(write.values && { [write.values]: values }),
    ...(write.key && key !== undefined && { [KEY]: String(key) }),
  };
  const text = writeDocument(resource, write, 'Create');
  const row = await written(call, resource, text, input);
  const path = request.originalUrl.split('?')[0]?.replace(/\/$/, '');
  response.setHeader('Location', `${path}/${shownId(resource, row)}`);
  sendRow(call, resource, row, 201);
}

/** The alias of the column `id`. */
const shownId = ({ columns }: Resource, row: Readonly<Record<string, unknown>>): unknown => {
  const place = columns.filter(({ field }) => field).findIndex(({ name }) => name === 'id');
  return row[`c${place}`];
};

export async function update(
  call: Call,
  resource: Resource,
  write: Write,
  id: number,
  purpose: Purpose,
): Promise<void> {
  const values = valuesIn(call.request.body, resource, purpose, call.userId);
  if (Object.keys(values).length === 0) {
    const detail = 'The body must set at least one field.';
    throw new Problem(422, 'BAD_USER_INPUT', detail, { reason: 'REQUIRED' });
  }
  await change(call, resource, write, id, values);
}

async function change(
  call: Call,
  resource: Resource,
  write: Write,
  id: number,
  values: Values,
): Promise<void> {
  const input = {
    id,
    ...(write.values && { [write.values]: values }),
    ...expected(call, write),
  };
  const text = writeDocument(resource, write, 'Update');
  sendRow(call, resource, await written(call, resource, text, input));
}

/** Without a body the database toggles, in one statement. */
export async function complete(call: Call, resource: Resource, id: number): Promise<void> {
  const { request, userId } = call;
  const { toggle, update: write } = resource;
  if (!toggle || !write) throw missing();
  const body: unknown = request.body ?? {};
  const only = {
    ...resource,
    columns: resource.columns.filter(({ name }) => name === 'completed'),
  };
  const values = valuesIn(body, only, 'change', userId);
  if (Object.keys(values).length > 0) return change(call, resource, write, id, values);
  const ifMatch = expectationOf(request.headers['if-match']);
  if (ifMatch === 'several' || (ifMatch.kind !== 'none' && ifMatch.kind !== 'exists')) {
    const detail = 'If-Match needs a body here: {"completed": true} or {"completed": false}.';
    throw new Problem(400, 'BAD_USER_INPUT', detail);
  }
  const text = callDocument(toggle, resource.columns, [], false);
  const argument = toggle.parameters.get('id')?.argument ?? 'id';
  const { done } = await run(call, { text, variables: { input: { [argument]: id } } });
  if (!done?.result) throw missing();
  sendRow(call, resource, done.result as Readonly<Record<string, unknown>>);
}

export async function remove(
  call: Call,
  resource: Resource,
  write: Write,
  id: number,
): Promise<void> {
  const input = { id, ...expected(call, write) };
  const text = deleteDocument(resource, write);
  await run(call, { text, variables: { input } }, namesOf(resource, call.userId));
  call.response.status(204).end();
}

async function written(call: Call, resource: Resource, text: string, input: object) {
  const { done } = await run(call, { text, variables: { input } }, namesOf(resource, call.userId));
  if (!done?.row) throw missing();
  return done.row;
}

/** The member of the input that If-Match stands for. */
function expected({ request }: Call, write: Write): Values {
  const expectation = expectationOf(request.headers['if-match']);
  if (expectation === 'several') {
    throw new Problem(400, 'BAD_USER_INPUT', 'If-Match may have one entity tag.');
  }
  if (expectation.kind === 'none' || expectation.kind === 'exists') return {};
  if (expectation.kind === 'state' && write.expected) return { [EXPECTED]: expectation.updatedAt };
  const detail = 'This has changed since you read it. Read it again.';
  throw new Problem(412, 'CONFLICT', detail, { reason: 'STALE' });
}
