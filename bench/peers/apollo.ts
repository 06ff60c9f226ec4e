/** Apollo Server on Express. Data access: node-postgres, or Prisma with the variant `prisma`. */
import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import { identify, openPool, readSettings, serve } from './support/peer.ts';
import { type Context, resolversOn, typeDefs } from './support/schema.ts';
import { taskAccess } from './support/tasks.ts';

const settings = await readSettings();
const identity = identify(settings);
// Loaded only if needed: Prisma's client may not have been generated.
const tasks =
  settings.variant === 'prisma'
    ? await (await import('./prisma/tasks.ts')).prismaTaskAccess(settings)
    : taskAccess(openPool(settings));
const apollo = new ApolloServer<Context>({
  typeDefs,
  resolvers: resolversOn(tasks),
  introspection: false,
});
await apollo.start();
const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.post(
  '/graphql',
  express.json(),
  expressMiddleware(apollo, {
    context: async ({ req }) => ({ userId: (await identity(req.headers.authorization)).userId }),
  }),
);
serve(app);
