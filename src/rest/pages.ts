/**
 * GET /api/openapi.json, and in development GET /api/docs: Swagger UI with that document and the demo accounts. The
 * page works without a network. Must never serve the page outside development: it contains demo tokens.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { type Express, type RequestHandler } from 'express';
import type { GraphiqlAccount } from '../graphql/graphiql.ts';
import { sendError } from '../http/answers.ts';
import { noteRoute } from '../http/observe.ts';

export const DOCUMENT_PATH = '/api/openapi.json';
const PAGE_PATH = '/api/docs';

export function mountDocument(app: Express, document: () => string): void {
  app.get(DOCUMENT_PATH, (_request, response) => {
    noteRoute(response, DOCUMENT_PATH);
    response.type('application/json').send(document());
  });
}

/** `loopback`: refuses other host names, as for GraphiQL. */
export function mountPage(
  app: Express,
  loopback: RequestHandler,
  accounts: readonly GraphiqlAccount[],
): void {
  app.get(`${PAGE_PATH}{/*file}`, (_request, response, next) => {
    noteRoute(response, PAGE_PATH);
    next();
  });
  app.get(PAGE_PATH, loopback, (_request, response) => {
    response.type('html').send(page(accounts));
  });
  const files = swaggerFiles();
  app.use(PAGE_PATH, loopback, files ? express.static(files, { index: false }) : missing);
}

/** A development package: absent from an installation for production. */
function swaggerFiles(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  } catch {
    return undefined;
  }
}

const missing: RequestHandler = (_request, response) =>
  sendError(response, 404, 'NOT_FOUND', 'swagger-ui-dist is not installed: npm install.');

/** Inside a script element only `<` could end it. */
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const page = (accounts: readonly GraphiqlAccount[]): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>REST · Rowguard</title>
<link rel="icon" href="${PAGE_PATH}/favicon-32x32.png">
<link rel="stylesheet" href="${PAGE_PATH}/swagger-ui.css">
<style>
body { margin: 0 }
#account { display: flex; gap: .5rem; align-items: center; max-width: 1460px; margin: 1rem auto 0; padding: 0 20px; font: 14px sans-serif }
</style>
</head>
<body>
<label id="account" hidden>Ask as <select></select></label>
<div id="page"></div>
<script src="${PAGE_PATH}/swagger-ui-bundle.js"></script>
<script>
const accounts = ${inScript(accounts)};
const label = document.getElementById('account');
const select = label.querySelector('select');
for (const { name } of accounts) select.add(new Option(name));
const ui = SwaggerUIBundle({
  dom_id: '#page',
  url: '${DOCUMENT_PATH}',
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  onComplete: signIn,
});
function signIn() {
  const account = accounts[select.selectedIndex];
  label.hidden = accounts.length === 0;
  if (account) ui.preauthorizeApiKey('token', account.token);
}
select.addEventListener('change', signIn);
</script>
</body>
</html>
`;
