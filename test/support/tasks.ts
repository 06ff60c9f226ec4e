/** Tasks of a test person, made and read as a client does it. */
import type { Answer, TestServer } from './server.ts';

export interface Task {
  readonly id: number;
  readonly title: string;
  readonly description: string | null;
  readonly completed: boolean;
  readonly createdAt: string;
  readonly updatedAt: string | null;
}

export const TASK = 'id title description completed createdAt updatedAt';

/** The answer's data; an error in it fails the test with its message. */
export function dataOf({ body }: Answer) {
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  return body.data;
}

export async function createTask(
  server: TestServer,
  who: number,
  task: { title: string; description?: string; completed?: boolean },
): Promise<Task> {
  const query = `mutation ($task: TaskInput!) { createTask(input: { task: $task }) { task { ${TASK} } } }`;
  return dataOf(await server.ask(who, query, { task })).createTask.task;
}

export async function updateTask(
  server: TestServer,
  who: number,
  input: { id: number; patch: object; expectedUpdatedAt?: string | null },
): Promise<Task> {
  const query = `mutation ($input: UpdateTaskInput!) { updateTask(input: $input) { task { ${TASK} } } }`;
  return dataOf(await server.ask(who, query, { input })).updateTask.task;
}

/** [code, message] of the one error of an answer. */
export function errorOf({ body }: Answer): [code: string, message: string] {
  if (body.errors?.length !== 1) throw new Error(`not one error: ${JSON.stringify(body)}`);
  return [body.errors[0].extensions.code, body.errors[0].message];
}
