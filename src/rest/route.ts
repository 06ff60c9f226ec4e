/**
 * Paths of REST. Takes the path below /api and the model, returns what is there, with its methods. Must never look
 * at a row: whether one exists is decided by the operation.
 */
import type { Callable } from './functions.ts';
import type { Model, Resource } from './model.ts';

export type Target =
  | { readonly kind: 'list'; readonly resource: Resource }
  | { readonly kind: 'row' | 'complete'; readonly resource: Resource; readonly id: number }
  | { readonly kind: 'call'; readonly callable: Callable };

export interface Route {
  readonly target: Target;
  /** The first part of the path: an id or `me`. */
  readonly person: string;
  /** With the names of the parameters, for logs and metrics. */
  readonly pattern: string;
  readonly methods: readonly Method[];
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** `path`: without /api, beginning with a slash. */
export function routeOf(path: string, model: Model): Route | undefined {
  const [, person = '', name = '', third, fourth, ...rest] = path.replace(/\/$/, '').split('/');
  if (!person || rest.length > 0) return undefined;
  if (name === 'rpc') {
    const callable = fourth === undefined ? model.functions.get(third ?? '') : undefined;
    return callable && callRoute(person, callable);
  }
  const resource = model.resources.get(name);
  if (!resource) return undefined;
  const pattern = `/api/{user_id}/${resource.path}`;
  if (third === undefined) {
    const methods = methodsOf([resource.list, 'GET'], [resource.create, 'POST']);
    return { target: { kind: 'list', resource }, person, pattern, methods };
  }
  const id = idOf(third);
  if (id === undefined) return undefined;
  if (fourth === undefined) {
    const { update } = resource;
    const methods = methodsOf(
      [resource.one, 'GET'],
      [update, 'PUT'],
      [update, 'PATCH'],
      [resource.delete, 'DELETE'],
    );
    return { target: { kind: 'row', resource, id }, person, pattern: `${pattern}/{id}`, methods };
  }
  if (fourth !== 'complete' || !resource.toggle) return undefined;
  const target = { kind: 'complete', resource, id } as const;
  return { target, person, pattern: `${pattern}/{id}/complete`, methods: ['PATCH'] };
}

function callRoute(person: string, callable: Callable): Route {
  const methods: readonly Method[] = callable.kind === 'query' ? ['GET'] : ['POST'];
  const pattern = `/api/{user_id}/rpc/${callable.name}`;
  return { target: { kind: 'call', callable }, person, pattern, methods };
}

const methodsOf = (...all: readonly [offered: unknown, method: Method][]): Method[] =>
  all.flatMap(([offered, method]) => (offered ? [method] : []));

const MAX_ID = 2 ** 31 - 1;

/** No row has another id. */
function idOf(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= MAX_ID ? id : undefined;
}

/** The value of the header Allow. */
export const allowed = ({ methods }: Route): string =>
  [...methods.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])), 'OPTIONS'].join(', ');
