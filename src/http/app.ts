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
import type { Verifier } from '../identity/verifier.ts';
import { sendError, sendUnavailable } from './answers.ts';
import { authenticate, ensureAccount, knownIdentityOf } from './authenticate.ts';
import { type CorsOptions, cors } from './cors.ts';
import { onlyJson, onlyOneOperation, onlyPost, readBody } from './graphql-request.ts';
import { observe, type RequestEntry } from './observe.ts';
import { onlyLoopbackHost } from './pages.ts';
import { securityHeaders } from './security-headers.ts';

export interface AppOptions {
  readonly verify: Verifier;
  readonly users: Users;
  readonly readiness: RequestHandler;
  readonly metrics: RequestHandler;
  /** Called at the end of each request. */
  readonly requestEnded: (entry: RequestEntry) => void;
  readonly cors: CorsOptions;
  /** Whether GraphiQL is served. */
  readonly graphiql: boolean;
  readonly maxRequestBytes: number;
  /** Counts requests, before anything asks the database. */
  readonly limitRate: RequestHandler;
  /** Whether GraphiQL is served under any host name. */
  readonly anyHost: boolean;
  /** Mounts the GraphQL handler behind the authentication. */
  readonly mountGraphql: (app: Express) => Promise<void>;
  /** Logs an error that is hidden from the client, under the id that the client gets. */
  readonly logHidden: (errorId: string, error: unknown) => void;
}

export async function createApp(options: AppOptions): Promise<Express> {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(
    observe({ ended: options.requestEnded, identityOf: knownIdentityOf }),
    securityHeaders(options.graphiql),
    cors(options.cors),
  );
  app.get('/livez', (_request, response) => {
    response.type('text/plain').send('ok\n');
  });
  app.get('/readyz', options.readiness);
  app.get('/metrics', options.metrics);
  app.all('/graphql', onlyPost(options.graphiql));
  app.post(
    '/graphql',
    authenticate(options.verify),
    options.limitRate,
    ensureAccount(options.users),
    onlyJson,
    readBody(options.maxRequestBytes),
    onlyOneOperation,
  );
  if (options.graphiql) app.use(['/', '/graphql'], onlyLoopbackHost(options.anyHost));
  await options.mountGraphql(app);
  app.use((_request, response) => {
    sendError(
      response,
      404,
      'NOT_FOUND',
      'There is nothing at this path. The API is POST /graphql.',
    );
  });
  app.use(lastResort(options.logHidden));
  return app;
}

/** The client gets an id. The log gets the error under the same id. */
const lastResort =
  (logHidden: AppOptions['logHidden']): ErrorRequestHandler =>
  (error, _request, response, _next) => {
    const errorId = randomUUID();
    logHidden(errorId, error);
    if (response.headersSent) return response.destroy();
    if (isUnavailable(error)) {
      sendUnavailable(response, 503, NOT_NOW, { reason: unavailableReason(error), errorId });
    } else sendError(response, 500, 'INTERNAL', WRONG, { errorId });
  };
