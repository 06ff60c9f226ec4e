/**
 * Takes the setting CORS_ORIGINS, returns its entries: origins as a browser sends them, `null`, patterns, or
 * "*". Notes an entry that could never match a request as a problem, with how to write it.
 */
import type { Settings } from './read.ts';

/** https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin */
export function readOrigins(settings: Settings): readonly string[] {
  const origins = (settings.text('CORS_ORIGINS') ?? '').split(/[\s,]+/).filter(Boolean);
  for (const origin of origins) {
    const problem = problemOf(origin);
    if (problem) settings.problem(`CORS_ORIGINS contains ${origin}, ${problem}`);
  }
  return origins;
}

const NOT_AN_ORIGIN =
  'which is not an origin: write it as https://app.example.com or capacitor://localhost, in small letters, without a path and without the default port.';

const NOT_A_PATTERN =
  'and its * is not one label of a host name: write https://*.preview.example.com, with two labels or localhost behind the *.';

function problemOf(origin: string): string | undefined {
  if (origin === '*' || origin === 'null') return undefined;
  if (!origin.includes('*')) return isOrigin(origin) ? undefined : NOT_AN_ORIGIN;
  return isPattern(origin) ? undefined : NOT_A_PATTERN;
}

/** Apps and extensions have schemes of their own. The URL standard gives these no origin, browsers do. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  if (!url?.host || !text.startsWith(`${url.protocol}//`)) return false;
  return url.origin === 'null' ? `${url.protocol}//${url.host}` === text : url.origin === text;
}

/** A `*` before a single label (`https://*.com`) would allow the pages of strangers. */
const PATTERN =
  /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9_-]+\.)*\*(\.[a-z0-9_-]+\.[^*]+|\.localhost(:\d+)?)$/;

const isPattern = (text: string): boolean =>
  PATTERN.test(text) && isOrigin(text.replace('*', 'label'));
