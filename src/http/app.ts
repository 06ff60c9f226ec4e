/**
 * The Express application: health and metrics, then authentication, rate limit and account in front of
 * GraphQL. Takes the handlers and their options, returns the application. Must never open a connection or a
 * port.
 */
import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Users } from '../accounts/users.ts';
import { isUnavailable, unavailableReason } from '../database/unavailable.ts';
import { NOT_NOW, WRONG } from '../graphql/client-error.ts';
import type { Introspect } from '../graphql/execution/introspection.ts';
import type { AuthenticationError } from '../identity/identity.ts';
import type { Verifier } from '../identity/verifier.ts';
import { sendError, sendUnavailable } from './answers.ts';
import { authenticate, ensureAccount, knownIdentityOf } from './authenticate.ts';
import { type CorsOptions, cors } from './cors.ts';
import { onlyJson, onlyOneOperation, onlyPost } from './graphql-request.ts';
import { introspectionWithoutToken, schemaPage } from './introspection.ts';
import { readJson } from './json-body.ts';
import { observe, type RequestEntry } from './observe.ts';
import { onlyLoopbackHost } from './pages.ts';
import { securityHeaders } from './security-headers.ts';

export interface AppOptions {
  readonly verify: Verifier;
  /** Gets each refused token: explainOnce of src/identity/refusals.ts. */
  readonly explainRefusal?: ((error: AuthenticationError) => void) | undefined;
  readonly users: Users;
  readonly readiness: RequestHandler;
  readonly metrics: RequestHandler;
  /** Called at the end of each request. */
  readonly requestEnded: (entry: RequestEntry) => void;
  readonly cors: CorsOptions;
  /** Whether GraphiQL, /schema.graphql and introspection without a token are served: development. */
  readonly graphiql: boolean;
  /** The schema that is served now, in SDL. */
  readonly printApi: () => string;
  readonly introspect: Introspect;
  readonly maxRequestBytes: number;
  /** Counts requests, before anything asks the database. */
  readonly limitRate: RequestHandler;
  /** Bounds the answers of one person that are not sent yet. */
  readonly limitUnsent: RequestHandler;
  /** Whether GraphiQL and the schema are served under any host name. */
  readonly anyHost: boolean;
  /** Mounts REST behind the guards; undefined = REST=off. */
  readonly mountRest?: ((app: Express, guards: Guards) => void) | undefined;
  /** Answers subscriptions, which last until the client leaves. */
  readonly streams: RequestHandler;
  /** Mounts the GraphQL handler behind the authentication. */
  readonly mountGraphql: (app: Express) => Promise<void>;
  /** Logs an error that is hidden from the client, under the id that the client gets. */
  readonly logHidden: (errorId: string, error: unknown) => void;
}

/** What stands in front of every request of a person, in this order. */
export interface Guards {
  /** Answers 401 without a valid token. */
  readonly signedIn: RequestHandler;
  /** Counts the request, before anything asks the database. */
  readonly counted: RequestHandler;
  readonly account: RequestHandler;
  /** Leaves the JSON value of the body in `request.body`. */
  readonly body: readonly (RequestHandler | ErrorRequestHandler)[];
  readonly unsent: RequestHandler;
  /** For pages with demo tokens. */
  readonly loopback: RequestHandler;
}

export async function createApp(options: AppOptions): Promise<Express> {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(
    observe({ ended: options.requestEnded, identityOf: knownIdentityOf }),
    securityHeaders(options.graphiql),
    cors(options.cors),
    requireHost,
  );
  app.get('/livez', (_request, response) => {
    response.type('text/plain').send('ok\n');
  });
  app.get('/readyz', options.readiness);
  app.get('/metrics', options.metrics);
  const guards: Guards = {
    signedIn: authenticate(options.verify, options.explainRefusal),
    counted: options.limitRate,
    account: ensureAccount(options.users),
    body: readJson(options.maxRequestBytes),
    unsent: options.limitUnsent,
    loopback: onlyLoopbackHost(options.anyHost),
  };
  app.all('/graphql', onlyPost(options.graphiql));
  if (options.graphiql) {
    app.get('/schema.graphql', onlyLoopbackHost(options.anyHost), schemaPage(options.printApi));
    app.post('/graphql', introspectionWithoutToken(options));
  }
  app.post(
    '/graphql',
    guards.signedIn,
    guards.counted,
    guards.account,
    onlyJson,
    ...guards.body,
    onlyOneOperation,
    options.streams,
    guards.unsent,
  );
  options.mountRest?.(app, guards);
  if (options.graphiql) app.use(['/', '/graphql'], guards.loopback);
  await options.mountGraphql(app);
  app.use((_request, response) => {
    sendError(
      response,
      404,
      'NOT_FOUND',
      `There is nothing at this path. The API is POST /graphql${options.mountRest ? ', and REST below /api' : ''}.`,
    );
  });
  app.use(lastResort(options.logHidden));
  return app;
}

/** RFC 9112, section 3.2. Node's own check (requireHostHeader) answers without a code. */
const requireHost: RequestHandler = (request, response, next) => {
  if (request.headers.host !== undefined || request.httpVersion === '1.0') return next();
  sendError(response, 400, 'BAD_USER_INPUT', 'The request has no Host header.');
};

/** The client gets an id. The log gets the error under the same id. */
const lastResort =
  (logHidden: AppOptions['logHidden']): ErrorRequestHandler =>
  (error, _request, response, _next) => {
    if (response.headersSent) return response.destroy();
    // Express and its parsers mark what a client did wrong with a status from 400 to 499.
    const { status } = error as { status?: unknown };
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return sendError(response, status, 'BAD_USER_INPUT', 'The request is not valid HTTP.');
    }
    const errorId = randomUUID();
    logHidden(errorId, error);
    if (isUnavailable(error)) {
      sendUnavailable(response, 503, NOT_NOW, { reason: unavailableReason(error), errorId });
    } else sendError(response, 500, 'INTERNAL', WRONG, { errorId });
  };
