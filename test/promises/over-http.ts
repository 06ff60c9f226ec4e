/** The rows "Over HTTP" of docs/security.md. Data only; the shape is explained in promise.ts. */
import { broken, type Promised } from './promise.ts';

const ERRORS = 'test/graphql/execution/errors.test.ts';
const READS = 'test/graphql/compiled/reads.test.ts';
const TRANSACTIONS = 'test/database/adaptor/transactions.test.ts';

export const OVER_HTTP: readonly Promised[] = [
  {
    row: 'An error reveals nothing of the database. Its details are in the log under an id',
    breaks: [
      broken(
        'src/graphql/execution/error-mask.ts',
        "return hide(error, original, 'INTERNAL', WRONG);",
        "return hide(error, original, 'INTERNAL', original.message);",
        `${ERRORS} › what is not known is INTERNAL`,
      ),
    ],
  },
  {
    row: 'A request that is too deep, too wide or too large is refused before it is planned',
    breaks: [
      broken(
        'src/graphql/execution/measure.ts',
        'pageSize(node, maxPageSize) * (1 + inner.rows)',
        'pageSize(node, maxPageSize) + inner.rows',
        'test/graphql/execution/limits.test.ts › an attack is refused at once',
      ),
    ],
  },
  {
    row: 'One person cannot take the service from the others',
    breaks: [
      broken(
        'src/database/turns.ts',
        'if (line.running < this.#options.limit) line.running++;',
        'if (line.running < Number.POSITIVE_INFINITY) line.running++;',
        'test/database/turns.test.ts › the limit holds for each person, and the line moves in order',
      ),
      broken(
        'src/http/unsent.ts',
        'return sent;',
        'return Promise.resolve();',
        'test/faults/unread.test.ts › forty unread answers do not fill the memory, and another person is served',
      ),
      broken(
        'src/http/rate-limit.ts',
        'keyGenerator: keyOf,',
        "keyGenerator: () => 'everybody',",
        'test/graphql/execution/limits.test.ts › a person who asks too often has to wait, and only that person',
      ),
    ],
  },
  {
    row: 'In production introspection is refused, and there is no GraphiQL',
    breaks: [
      broken(
        'src/graphql/preset.ts',
        'tellSchema: graphiql',
        'tellSchema: true',
        `${ERRORS} › introspection is refused`,
      ),
      broken(
        'src/graphql/preset.ts',
        'const graphiql = options.graphiqlAccounts !== undefined;',
        'const graphiql = true;',
        `${ERRORS} › there is no GraphiQL at %s`,
      ),
    ],
  },
  {
    row: 'In development the page with the demo tokens is served only to a loopback Host, unless the operator allows others',
    breaks: [
      broken(
        'src/http/pages.ts',
        'isLoopbackHost(request.headers.host)',
        'true',
        'test/http/pages.test.ts › is refused to Host %s, unless the operator allows it',
      ),
    ],
  },
  {
    row: 'In development a request without a token learns the schema and nothing else; in production it learns nothing but REST’s OpenAPI document',
    breaks: [
      broken(
        'src/graphql/execution/introspection.ts',
        'return asks && !other;',
        'return asks;',
        'test/http/schema.test.ts › does not help to ask for %s',
      ),
      broken(
        'src/http/app.ts',
        'if (options.graphiql) {',
        'if (options !== undefined) {',
        'test/http/schema.test.ts › is refused in production',
        'test/http/schema.test.ts › is 404 in production, with a token or without',
      ),
    ],
  },
  {
    row: 'By REST the id in the path must be the person’s own. The refusal is the same for a person who exists as for one who does not',
    breaks: [
      broken(
        'src/rest/rest.ts',
        'route.person !== String(identityOf(request).userId)',
        'Number.isNaN(Number(route.person))',
        'test/rest/requests.test.ts › another id is 403, the same for a person who exists as for one who does not',
      ),
    ],
  },
  {
    row: 'By REST a body cannot choose the owner of a row',
    breaks: [
      broken(
        'src/rest/body.ts',
        'value !== userId && value !== String(userId)',
        'typeof value === "object"',
        'test/rest/tasks.test.ts › belongs to the person, whatever the body says',
      ),
    ],
  },
  {
    row: 'REST’s page with the demo tokens is served to a loopback Host only, and no page of another origin can read it',
    breaks: [
      broken(
        'src/rest/pages.ts',
        'app.get(PAGE_PATH, loopback, ',
        'app.get(PAGE_PATH, ',
        'test/rest/requests.test.ts › the page with the tokens is served under loopback names only',
      ),
      broken(
        'src/http/cors.ts',
        ' || DOCS.test(path)',
        '',
        'test/rest/requests.test.ts › a page may read the headers of REST, and no page the page with the tokens',
      ),
    ],
  },
  {
    row: 'A client of GraphQL cannot use the larger pages of REST, also not by the same document',
    breaks: [
      broken(
        'src/graphql/schema/pages.ts',
        'allowed === undefined ? ofClients : sizesUpTo(allowed)',
        'sizesUpTo(allowed ?? 1000)',
        'test/rest/tasks.test.ts › has at most 1,000 rows, and says how many there are',
      ),
    ],
  },
  {
    row: 'In production `/readyz` shows the doctor’s codes only to the holder of `METRICS_TOKEN`',
    breaks: [
      broken(
        'src/http/health.ts',
        'const detailed = !production || isOperator(request, options.token);',
        'const detailed = true;',
        'test/http/health.test.ts › only the operator learns what the doctor found',
      ),
    ],
  },
  {
    row: 'A statement that the server remembers holds nothing of the person who asked and refers to no request',
    breaks: [
      broken(
        'src/graphql/compiled/templates.ts',
        'entries.set(place, { ...entry, statement, last: statement });',
        'entries.set(place, { ...entry, statement, last: statement, ...{ frame } });',
        'test/graphql/compiled/retention.test.ts › the settings of a finished request are garbage',
      ),
      broken(
        'src/graphql/compiled/templates.ts',
        'const found = frame[this.id];',
        'const found = (this.first ??= frame[this.id]);',
        `${READS} › one document serves every id, and nobody else’s`,
      ),
      broken(
        'src/graphql/compiled/select.ts',
        'return send(frame[context] as Context, statement, values)',
        'return send((statement.context ??= frame[context]) as Context, statement, values)',
        `${READS} › two people ask the same at the same time and read their own rows`,
      ),
    ],
  },
  {
    row: 'An operation that runs a second time to report its error sends no write again, and gives no statement the reply to another',
    breaks: [
      broken(
        'src/graphql/compiled/conversation.ts',
        'calls.splice(calls.indexOf(call), 1);',
        '',
        'test/graphql/compiled/writes.test.ts › several in one operation: those before an error and after it are done, once each',
      ),
      broken(
        'src/graphql/compiled/conversation.ts',
        'await Promise.allSettled(this.#calls.map(({ reply }) => reply));',
        '',
        'test/graphql/compiled/conversation.test.ts › a statement that waited for a connection gives its answer to no other',
      ),
    ],
  },
  {
    row: 'A commit whose outcome is unknown is never reported as success',
    breaks: [
      broken(
        'src/database/one-round-trip/batch.ts',
        'this.#result.complete(message.text);',
        'this.#result.complete(message.text); if (this.#completed === this.#steps.length) this.#settle.resolve({ result: this.#result, notices: this.#notices });',
        `${TRANSACTIONS} › a connection lost between a statement and its commit is an error, never a success`,
      ),
      broken(
        'src/database/one-round-trip/client.ts',
        "if (result.command === 'ROLLBACK')",
        'if (false)',
        `${TRANSACTIONS} › a transaction that had failed is not reported as committed`,
      ),
    ],
  },
];
