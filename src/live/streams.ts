/**
 * Subscriptions over HTTP: takes the POST of an authenticated person, answers a subscription as text/event-stream
 * and passes everything else on. Each event is read by a query of that person, with its limits and policies. A stream
 * ends with its token, its account and the server. Must never send a row that was read for anybody else.
 */
import type { Request, RequestHandler, Response } from 'express';
import {
  buildClientSchema,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  introspectionFromSchema,
} from 'postgraphile/graphql';
import type { Api } from '../graphql/api.ts';
import { GONE } from '../graphql/client-error.ts';
import { unknownPlace, versionOfCursor } from '../graphql/schema/change-cursor.ts';
import { sendError, sendUnavailable } from '../http/answers.ts';
import { identityOf } from '../http/authenticate.ts';
import { forgetCallers } from '../http/caller.ts';
import { acceptsEvents, acceptsOnlyEvents } from '../http/graphql-request.ts';
import { type Subscription, subscriptionOf } from './document.ts';
import { type Events, openEvents } from './events.ts';
import type { Versions } from './versions.ts';

export interface StreamsOptions {
  readonly api: () => Api;
  readonly versions: Versions;
  /** Streams of one person. */
  readonly maxStreams: number;
  readonly unreadMs?: number | undefined;
  /** Called when a stream begins (1) and ends (-1), and with the number of events sent. */
  readonly opened?: (change: 1 | -1) => void;
  readonly sent?: (events: number) => void;
}

export interface Streams {
  readonly handler: RequestHandler;
  /** Ends all streams, so that their clients subscribe again. */
  end(): void;
}

const UNREAD_MS = 30_000;
/** Milliseconds until a stream whose database did not answer tries again. */
const RETRY_MS = 1000;
/** The longest time that setTimeout takes. */
const LONGEST_MS = 2 ** 31 - 1;

export function openStreams(options: StreamsOptions): Streams {
  const { api, versions, maxStreams } = options;
  const open = new Set<Events>();
  const counts = new Map<number, number>();
  const count = (userId: number, change: 1 | -1): void => {
    const now = (counts.get(userId) ?? 0) + change;
    if (now > 0) counts.set(userId, now);
    else counts.delete(userId);
    options.opened?.(change);
  };

  const handler: RequestHandler = async (request, response, next) => {
    if (!acceptsEvents(request)) return next();
    try {
      const found = await read(api(), request, response);
      if (found === 'answered') return;
      if (!found) {
        if (!acceptsOnlyEvents(request)) return next();
        return sendError(response, 406, 'BAD_USER_INPUT', 'Only subscriptions are streams.');
      }
      const identity = identityOf(request);
      if ((counts.get(identity.userId) ?? 0) >= maxStreams) {
        const message = `You have ${maxStreams} streams already. Close one.`;
        return sendUnavailable(response, 429, message, { reason: 'RATE_LIMITED' });
      }
      count(identity.userId, 1);
      const events = openEvents(response, options.unreadMs ?? UNREAD_MS);
      open.add(events);
      const follower = versions.follow(identity.userId);
      const expiry = setTimeout(
        () => end(events, 'UNAUTHENTICATED', 'The token has expired.'),
        Math.min(Math.max(identity.expiresAt * 1000 - Date.now(), 0), LONGEST_MS),
      );
      response.once('close', () => {
        clearTimeout(expiry);
        follower.close();
        open.delete(events);
        count(identity.userId, -1);
      });
      await run(found, request, response, events, follower);
    } catch (error) {
      next(error);
    }
  };

  async function run(
    subscription: Subscription,
    request: Request,
    response: Response,
    events: Events,
    follower: ReturnType<Versions['follow']>,
  ): Promise<void> {
    const person = String(identityOf(request).userId);
    const ask = async (text: string, since: string): Promise<Answer> => {
      const parsed = await api().read(request, response, text);
      if (!parsed.document) return { errors: parsed.errors };
      const variables = { ...subscription.variables, [subscription.since]: since };
      const { data, errors } = await api().runDocument(
        request,
        response,
        parsed.document,
        variables,
      );
      forgetCallers(response);
      return { page: Object.values(data ?? {})[0] as Page | undefined, errors };
    };
    let since = subscription.from;
    while (response.writable) {
      const starting = since === undefined;
      const { page, errors } = await ask(
        starting ? subscription.present : subscription.query,
        since ?? unknownPlace(person),
      );
      if (!response.writable) return;
      if (errors || !page) {
        if (errors?.every(isPassing)) {
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
          continue;
        }
        await events.next({ data: null, errors });
        return events.complete();
      }
      since = page.cursor;
      follower.version = versionOfCursor(since);
      if (page.resync) await events.next({ data: subscription.resync(since) });
      for (const node of page.nodes ?? [])
        await events.next({ data: { [subscription.key]: node } });
      options.sent?.((page.nodes?.length ?? 0) + (page.resync ? 1 : 0));
      if (page.hasMore && !starting) continue;
      const news = await follower.news();
      if (news === 'closed') return;
      if (news === 'gone') return end(events, 'ACCOUNT_DELETED', GONE);
    }
  }

  return {
    handler,
    end() {
      for (const events of open) events.end();
    },
  };
}

interface Page {
  readonly nodes?: readonly unknown[];
  readonly cursor: string;
  readonly hasMore?: boolean;
  readonly resync?: boolean;
}

interface Answer {
  readonly page?: Page | undefined;
  readonly errors?: readonly GraphQLError[] | undefined;
}

/** The subscription of a request; undefined for another operation. Answers what is wrong with it. */
async function read(
  api: Api,
  request: Request,
  response: Response,
): Promise<Subscription | 'answered' | undefined> {
  const { query, operationName, variables } = request.body;
  const answer = (errors: readonly GraphQLError[]): 'answered' => {
    response.status(400).json({ errors });
    return 'answered';
  };
  const parsed = await api.read(request, response, query);
  if (!parsed.document) return answer(parsed.errors ?? []);
  const schema = api.schema();
  try {
    const found = subscriptionOf(
      schema,
      () => plainOf(schema),
      parsed.document,
      operationName,
      variables ?? {},
    );
    // The query of its events is held to the limits now, and not at the first event.
    const events = found && (await api.read(request, response, found.query));
    return events?.errors ? answer(events.errors) : found;
  } catch (error) {
    if (error instanceof GraphQLError) return answer([error]);
    throw error;
  }
}

const plains = new WeakMap<GraphQLSchema, GraphQLSchema>();

/** A copy of the schema that has types only: nothing that runs on it reaches a row. */
function plainOf(schema: GraphQLSchema): GraphQLSchema {
  const plain = plains.get(schema) ?? buildClientSchema(introspectionFromSchema(schema));
  plains.set(schema, plain);
  return plain;
}

const isPassing = ({ extensions }: GraphQLError): boolean =>
  extensions.code === 'UNAVAILABLE' || extensions.code === 'TIMEOUT';

function end(events: Events, code: string, message: string): void {
  const result: ExecutionResult = {
    data: null,
    errors: [new GraphQLError(message, { extensions: { code } })],
  };
  void events.next(result).then(() => events.complete());
}
