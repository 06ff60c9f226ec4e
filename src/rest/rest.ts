/**
 * REST below /api. Takes the API and its guards, mounts the routes of the schema that is served. Each request is
 * answered by a GraphQL operation, so the limits, the executor, the error mask and the policies are the same. Must
 * never contain SQL, or decide whose row something is.
 */
import {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express';
import type { GraphQLSchema } from 'postgraphile/graphql';
import type { Constraints } from '../database/constraints.ts';
import { unservedOf } from '../graphql/execution/grafserv.ts';
import { answerWithProblems, sendError, sendUnavailable } from '../http/answers.ts';
import type { Guards } from '../http/app.ts';
import { identityOf } from '../http/authenticate.ts';
import { noteRoute } from '../http/observe.ts';
import { answer } from './answer.ts';
import type { Services } from './call.ts';
import { checkRequest, needsBody } from './headers.ts';
import { type Model, modelOf } from './model.ts';
import { openApiDocument } from './openapi/document.ts';
import { mountDocument, mountPage } from './pages.ts';
import { Problem } from './problem.ts';
import { allowed, type Route, routeOf } from './route.ts';

/** Where REST is. */
export const REST_PATH = '/api';

export function mountRest(app: Express, guards: Guards, services: Services): void {
  const model = modelOfNow(services);
  const routes = new WeakMap<Request, Route>();
  const routed = (request: Request): Route => {
    const route = routes.get(request);
    if (!route) throw new Error('a request reached REST without a route');
    return route;
  };

  const findRoute: RequestHandler = (request, response, next) => {
    const route = routeOf(request.path, model());
    if (route) {
      routes.set(request, route);
      noteRoute(response, route.pattern);
    }
    if (request.method !== 'OPTIONS') return next();
    // A preflight of an allowed origin was answered before: src/http/cors.ts.
    response.set('Allow', route ? allowed(route) : 'OPTIONS');
    response.status(204).end();
  };

  const admit: RequestHandler = (request, response, next) => {
    const route = routes.get(request);
    if (!route) throw new Problem(404, 'NOT_FOUND', 'There is nothing at this path.');
    // The same for a person who exists as for one who does not: nobody is looked up.
    if (route.person !== 'me' && route.person !== String(identityOf(request).userId)) {
      throw new Problem(403, 'FORBIDDEN', 'The path must have your own id, or me.');
    }
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (!route.methods.some((one) => one === method)) {
      response.set('Allow', allowed(route));
      throw new Problem(405, 'BAD_USER_INPUT', `This path allows ${allowed(route)}.`);
    }
    checkRequest(request);
    next();
  };

  const readBody = Router().use(...guards.body);
  const body: RequestHandler = (request, response, next) =>
    needsBody(request) ? readBody(request, response, next) : next();

  const respond = async (request: Request, response: Response, next: NextFunction) => {
    const { userId } = identityOf(request);
    const route = routed(request);
    try {
      await answer({ services, request, response, model: model(), route, userId });
    } catch (error) {
      next(error);
    }
  };

  mountDocument(app, documentOfNow(services, model));
  if (services.accounts) mountPage(app, guards.loopback, services.accounts);
  app.use(
    REST_PATH,
    answerWithProblems,
    findRoute,
    guards.signedIn,
    guards.counted,
    admit,
    guards.account,
    body,
    guards.unsent,
    respond,
    sendProblem,
  );
}

/** The model of the schema that is served; a reload replaces the schema. */
function modelOfNow({ api }: Services): () => Model {
  let made: Model | undefined;
  return () => {
    const schema: GraphQLSchema = api.schema();
    if (made?.schema !== schema) made = modelOf(schema);
    return made;
  };
}

/** Made once for a schema and its constraints: anybody may ask for it. */
function documentOfNow({ constraints, most }: Services, model: () => Model): () => string {
  let made: { model: Model; constraints: Constraints; text: string } | undefined;
  return () => {
    const now = { model: model(), constraints: constraints() };
    if (made?.model !== now.model || made.constraints !== now.constraints) {
      made = { ...now, text: JSON.stringify(openApiDocument(now.model, now.constraints, most)) };
    }
    return made.text;
  };
}

const sendProblem: ErrorRequestHandler = (error, request, response, next) => {
  if (!(error instanceof Problem) || response.headersSent) return next(error);
  const { status, code, message, extensions } = error;
  if (code !== 'UNAVAILABLE') return sendError(response, status, code, message, extensions);
  const wait = unservedOf(request)?.wait;
  if (wait !== undefined) response.set('Retry-After', wait);
  sendUnavailable(response, status === 429 ? 429 : 503, message, extensions);
};
