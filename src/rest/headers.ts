/**
 * The headers that describe a request's body and the answer. Takes a request, throws a Problem if its body is no
 * JSON (415) or no JSON is acceptable (406).
 */
import type { IncomingMessage } from 'node:http';
import { acceptsJson, isJson } from '../http/media-types.ts';
import { Problem } from './problem.ts';

const MERGE_PATCH = 'application/merge-patch+json';

/** Methods whose body is read. */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

export const needsBody = (request: IncomingMessage): boolean =>
  WITH_BODY.has(request.method ?? '') && hasBody(request);

export function checkRequest(request: IncomingMessage): void {
  const { headers } = request;
  if (!acceptsJson(headers.accept)) {
    throw new Problem(406, 'BAD_USER_INPUT', 'Answers are application/json, in UTF-8.');
  }
  const type = headers['content-type'];
  // PATCH has the meaning of a merge patch: RFC 7396.
  const isPatch = request.method === 'PATCH' && isJson(type, MERGE_PATCH);
  if (needsBody(request) && !isPatch && !isJson(type)) {
    throw new Problem(415, 'BAD_USER_INPUT', 'The request must be application/json in UTF-8.');
  }
}
