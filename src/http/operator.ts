/**
 * Takes a request, returns whether its Bearer token is METRICS_TOKEN. Must never show by its duration how
 * much of a wrong token was right.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';

/** `token`: METRICS_TOKEN. undefined = always false. */
export function isOperator(request: Request, token: string | undefined): boolean {
  if (token === undefined) return false;
  const given = digest(request.get('authorization') ?? '');
  return timingSafeEqual(given, digest(`Bearer ${token}`));
}

/** timingSafeEqual requires values of equal length. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
