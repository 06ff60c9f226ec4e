/** The answers that the document describes by name: problems by status, and the headers. Constant. */
import { CODES } from '../problem.ts';
import type { JsonSchema } from './json-schema.ts';

const text = { type: 'string' };

export const PROBLEM: JsonSchema = {
  type: 'object',
  description: 'RFC 9457. Decide by `code` and `reason`; `detail` is for people.',
  required: ['title', 'status', 'detail', 'code'],
  properties: {
    title: { ...text, description: 'What the status means.' },
    status: { type: 'integer' },
    detail: { ...text, description: 'What is wrong, in one or two sentences.' },
    code: { ...text, enum: CODES },
    reason: { ...text, description: 'The kind of problem, where the code is not enough.' },
    field: { ...text, description: 'The field, parameter or header that is wrong.' },
    current: {
      type: 'object',
      description: 'With STALE: the row as it is now.',
    },
    errorId: { ...text, description: 'The log of the server has the error under this id.' },
  },
};

const header = (description: string, schema: JsonSchema = text) => ({ description, schema });

export const HEADERS = {
  ETag: header('Changes with every change of the row. Send it as If-Match to avoid lost updates.'),
  Link: header('`<path>; rel="next"`: the next page, if there is one (RFC 8288).'),
  Location: header('The path of the new row.'),
  'X-Total-Count': header('Number of rows on all pages.', { type: 'integer', minimum: 0 }),
  'Retry-After': header('Seconds to wait before the next attempt.', { type: 'integer' }),
  'WWW-Authenticate': header('`Bearer`, with an error if a token was sent (RFC 6750).'),
  Allow: header('The methods of the path.'),
};

export const headers = (...names: (keyof typeof HEADERS)[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

const MEANINGS: Readonly<Record<string, string>> = {
  '400': 'The request cannot be read: no JSON, not UTF-8, no object.',
  '401': 'No token, or one that is not valid.',
  '403': 'Another id in the path than your own, or something that the database does not allow.',
  '404': 'There is no such row, or it is not yours.',
  '405': 'The path has no such method.',
  '406': 'Answers are application/json.',
  '409': 'The row exists already, or the Idempotency-Key was used for something else.',
  '412': 'The row is not as If-Match says.',
  '413': 'The body or the answer is too large.',
  '415': 'Bodies are application/json.',
  '422': 'A value or a name is wrong; `field` says which.',
  '429': 'Too many requests in a minute.',
  '500': 'A fault of the server.',
  '503': 'Not now. Try again later.',
  '504': 'The request took too long.',
};

const HEADERS_OF: Readonly<Record<string, readonly (keyof typeof HEADERS)[]>> = {
  '401': ['WWW-Authenticate'],
  '405': ['Allow'],
  '429': ['Retry-After'],
  '503': ['Retry-After'],
};

export const RESPONSES = Object.fromEntries(
  Object.entries(MEANINGS).map(([status, description]) => [
    `Problem${status}`,
    {
      description,
      ...(HEADERS_OF[status] && { headers: headers(...HEADERS_OF[status]) }),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]),
);

/** Of every request of a person. */
const ALWAYS = [401, 403, 406, 409, 413, 422, 429, 500, 503, 504];
const OF_BODIES = [400, 415];

export const problems = (...more: readonly number[]) =>
  Object.fromEntries(
    [...new Set([...ALWAYS, ...more])]
      .sort()
      .map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }]),
  );

export const problemsOfBody = (...more: readonly number[]) => problems(...OF_BODIES, ...more);
