/** Content-Type and Accept, by the rules of RFC 9110. */
import { describe, expect, test } from 'vitest';
import { acceptedAnswer, isJson, prefersPage } from '../../src/http/media-types.ts';

describe('Content-Type', () => {
  test.each([
    'application/json',
    'Application/JSON',
    'application/json;charset=utf-8',
    'application/json ; Charset="UTF-8"',
    'application/json; charset=utf8',
    'application/json; profile="a;b"; charset=utf-8',
    'application/json;',
  ])('%s is JSON in UTF-8', (type) => expect(isJson(type)).toBe(true));

  test.each([
    undefined,
    '',
    'text/plain',
    'application/jsonp',
    'application/json, text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json; charset="utf-8, latin1"',
    'text/plain; x="application/json"',
    '"application/json"',
    ';;;',
  ])('%s is not', (type) => expect(isJson(type)).toBe(false));
});

const JSON_ONLY = 'application/json';
const GRAPHQL = 'application/graphql-response+json';

describe('Accept', () => {
  test.each([
    [undefined, '*/*'],
    ['', '*/*'],
    [' ', '*/*'],
    ['*/*', '*/*'],
    ['application/*', '*/*'],
    ['application/json', JSON_ONLY],
    ['APPLICATION/JSON', JSON_ONLY],
    ['application/json; charset=utf-8', JSON_ONLY],
    ['application/json;charset="UTF-8";q=0.5', JSON_ONLY],
    ['application/json; charset=utf8', JSON_ONLY],
    ['application/json, text/plain, */*', '*/*'],
    [GRAPHQL, GRAPHQL],
    [`${GRAPHQL}; charset=utf-8, application/json; charset=utf-8`, GRAPHQL],
    [`${GRAPHQL}, application/json;q=0.9`, GRAPHQL],
    [`application/json, ${GRAPHQL};q=0.9`, JSON_ONLY],
    [`${GRAPHQL};q=0, */*`, JSON_ONLY],
    ['application/json;q=0, */*', '*/*'],
    ['text/html', undefined],
    ['application/json;q=0', undefined],
    ['application/json; charset=utf-16', undefined],
    ['application/jsonp', undefined],
    [',;=', undefined],
  ])('%s is answered as %s', (accept, expected) => expect(acceptedAnswer(accept)).toBe(expected));

  test.each([
    [undefined, false],
    ['*/*', false],
    ['application/json', false],
    ['text/html', true],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['TEXT/HTML; charset=UTF-8', true],
    ['text/html;q=0.5, application/json', false],
  ])('%s asks for a page: %s', (accept, expected) => expect(prefersPage(accept)).toBe(expected));
});
