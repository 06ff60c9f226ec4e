/**
 * Runs openapi-typescript: takes the path of an OpenAPI document and of the file for its types. The package needs
 * the API of TypeScript 5, which TypeScript 7 does not have: it gets the package typescript-5 instead.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'typescript' ? 'typescript-5' : specifier, context),
});

const [from = '', to = ''] = process.argv.slice(2);
const { default: generate, astToString } = await import('openapi-typescript');
writeFileSync(to, astToString(await generate(JSON.parse(readFileSync(from, 'utf8')))));
