/**
 * Content-Type and Accept as RFC 9110 (sections 8.3 and 12.5.1) defines them: case-insensitive, with
 * parameters and q values. Takes header values, returns what the request and its answer are. This is the only
 * place that reads either header: grafserv gets the normalized values. Must never throw for any header.
 */
import { parse } from 'content-type';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

export const JSON_TYPE = 'application/json';

/** https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types */
export const GRAPHQL_TYPE = 'application/graphql-response+json';

/** `utf8` is no registered name, but many clients send it. */
const UTF8 = /^utf-?8$/i;

/** Whether a request with this Content-Type is JSON in UTF-8. `expected`: a media type that is JSON. */
export function isJson(contentType: string | undefined, expected = JSON_TYPE): boolean {
  const { type, parameters } = parse(contentType ?? '');
  return type === expected && UTF8.test(parameters.charset ?? 'utf-8');
}

/** An answer matches `application/json; charset=utf-8` as well as `application/json`. */
const offers = (type: string): string[] =>
  ['utf-8', 'utf8'].map((charset) => `${type}; charset=${charset}`);

/** The type of GraphiQL. */
const HTML = 'text/html';

/**
 * The Accept header that grafserv gets: one of the two types, or any type if the client named none of them.
 * undefined: no answer is acceptable. A missing and an empty header accept everything.
 */
export function acceptedAnswer(accept = ''): Answer | undefined {
  const known = answers.get(accept);
  if (known !== undefined) return known;
  const answer = accept.trim() ? negotiate(accept) : '*/*';
  if (answer && accept.length <= LONGEST_KEPT) answers.set(accept, answer);
  return answer;
}

/** Whether REST's answers are acceptable, which are JSON and nothing else. */
export function acceptsJson(accept: string | undefined): boolean {
  if (!accept?.trim() || accept === '*/*' || accept === JSON_TYPE) return true;
  return negotiatorOf(accept).mediaTypes(offers(JSON_TYPE)).length > 0;
}

/** Whether the client named server-sent events: a subscription is answered as such. */
export const namesEvents = (accept: string | undefined): boolean =>
  accept !== undefined &&
  /text\/event-stream/i.test(accept) &&
  negotiatorOf(accept).mediaTypes(['text/event-stream']).length > 0;

type Answer = typeof JSON_TYPE | typeof GRAPHQL_TYPE | '*/*';

/** Nearly all requests have one of a few headers, and reading one costs more than all else in this file. */
const answers = new LRUCache<string, Answer>({ max: 100 });
const LONGEST_KEPT = 200;

function negotiate(accept: string): Answer | undefined {
  const client = negotiatorOf(accept);
  const [best] = client.mediaTypes([...offers(GRAPHQL_TYPE), ...offers(JSON_TYPE)]);
  if (best === undefined) return undefined;
  // A client that did not name the new type gets the one that every tool knows, with the status codes of the
  // new type unless it accepts JSON alone.
  if (!client.mediaTypes().includes(GRAPHQL_TYPE)) {
    return client.mediaTypes(offers(GRAPHQL_TYPE)).length > 0 ? '*/*' : JSON_TYPE;
  }
  return best.startsWith(JSON_TYPE) ? JSON_TYPE : GRAPHQL_TYPE;
}

/** Whether a browser asks for a page: HTML, rather than an answer of the API. */
export function prefersPage(accept: string | undefined): boolean {
  if (!accept?.trim()) return false;
  const types = [...offers(GRAPHQL_TYPE), ...offers(JSON_TYPE), ...offers(HTML)];
  return negotiatorOf(accept).mediaTypes(types)[0]?.startsWith(HTML) ?? false;
}

const negotiatorOf = (accept: string): Negotiator =>
  new Negotiator({ headers: { accept: accept.toLowerCase() } });
