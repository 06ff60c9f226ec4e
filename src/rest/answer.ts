/** Takes a call that may be answered, passes it to the code of its route. Must run behind every guard. */
import type { Call } from './call.ts';
import { answerCall } from './calls.ts';
import { answerRow, complete, create, remove, update } from './items.ts';
import { answerList } from './lists.ts';

export async function answer(call: Call): Promise<void> {
  const { target } = call.route;
  const { method } = call.request;
  if (target.kind === 'call') return answerCall(call, target.callable);
  const { resource } = target;
  if (target.kind === 'list') {
    if (method === 'POST' && resource.create) return create(call, resource, resource.create);
    if (resource.list) return answerList(call, resource, resource.list);
  } else if (target.kind === 'complete') {
    return complete(call, resource, target.id);
  } else if (method === 'DELETE' && resource.delete) {
    return remove(call, resource, resource.delete, target.id);
  } else if ((method === 'PUT' || method === 'PATCH') && resource.update) {
    const purpose = method === 'PUT' ? 'replace' : 'change';
    return update(call, resource, resource.update, target.id, purpose);
  } else return answerRow(call, resource, target.id);
  throw new Error(`${method} has no answer here, and route.ts allowed it`);
}
