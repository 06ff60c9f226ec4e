/**
 * Requests to REST, as a person. Every answer is compared with the OpenAPI document of the same server: its status
 * must be in the document, and its body must meet the schema there.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'vitest';
import type { TestServer } from './server.ts';

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client without types would
  readonly body: any;
}

export interface Sent {
  /** Sent as JSON; a string or bytes are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Rest {
  /** `who`: a person's id, a ready-made Authorization header, or none. */
  ask(who: number | string | null, method: string, path: string, sent?: Sent): Promise<RestAnswer>;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON document of any shape
  document(): Promise<any>;
}

/** `change`: of the document, before answers are compared with it. */
// biome-ignore lint/suspicious/noExplicitAny: a JSON document of any shape
export function restOf(server: TestServer, change: (document: any) => void = () => {}): Rest {
  const tokens = new Map<number, Promise<string>>();
  const tokenOf = (who: number): Promise<string> => {
    const token = tokens.get(who) ?? server.token(who);
    tokens.set(who, token);
    return token;
  };
  // biome-ignore lint/suspicious/noExplicitAny: a JSON document of any shape
  let document: Promise<any> | undefined;
  const documentOf = () => {
    document ??= fetch(`${server.url}/api/openapi.json`).then((response) => response.json());
    return document;
  };
  let described: ReturnType<typeof describedBy> | undefined;
  return {
    document: documentOf,
    async ask(who, method, path, { body, headers = {} } = {}) {
      const authorization = typeof who === 'number' ? `Bearer ${await tokenOf(who)}` : who;
      const raw = typeof body === 'string' || body instanceof Uint8Array;
      const response = await fetch(server.url + path, {
        method,
        headers: {
          ...(authorization && { authorization }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      const answer = {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson && text !== '' ? JSON.parse(text) : undefined,
      };
      if (!described) {
        const used = structuredClone(await documentOf());
        change(used);
        described = describedBy(used);
      }
      described(method, path, answer);
      return answer;
    },
  };
}

const pointer = (...parts: string[]): string =>
  parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

// biome-ignore lint/suspicious/noExplicitAny: a JSON document of any shape
function describedBy(document: any) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document, 'document');
  const known = new Map<string, ValidateFunction>();
  const validatorOf = (place: string): ValidateFunction => {
    const validate = known.get(place) ?? ajv.compile({ $ref: `document#${encodeURI(place)}` });
    known.set(place, validate);
    return validate;
  };
  const patterns = Object.keys(document.paths).map((path): [RegExp, string] => [
    new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
    path,
  ]);
  return (method: string, url: string, { status, headers, body }: RestAnswer): void => {
    const pathname = url.replace(/\?.*$/, '');
    const [, path] = patterns.find(([pattern]) => pattern.test(pathname)) ?? [];
    const verb = method.toLowerCase().replace('head', 'get');
    const operation = path && document.paths[path][verb];
    if (!path || !operation) {
      expect([204, 401, 403, 404, 405]).toContain(status);
      return;
    }
    const described = operation.responses[String(status)];
    expect(described, `${method} ${path} may be ${status}`).toBeDefined();
    const [at, response] = described.$ref
      ? [described.$ref.slice(1), document.components.responses[described.$ref.split('/').at(-1)]]
      : [pointer('paths', path, verb, 'responses', String(status)), described];
    const [type] = Object.keys(response.content ?? {});
    if (method === 'HEAD' || !type) {
      expect(body).toBeUndefined();
      return;
    }
    expect(headers.get('content-type')).toContain(type);
    const validate = validatorOf(at + pointer('content', type, 'schema'));
    expect(validate(body) || validate.errors, JSON.stringify(body).slice(0, 300)).toBe(true);
  };
}
