/** graphql-yoga and node-postgres, with yoga's caches of parsed and validated documents. */
import { createSchema, createYoga } from 'graphql-yoga';
import { identify, openPool, readSettings, serve } from './support/peer.ts';
import { type Context, resolversOn, typeDefs } from './support/schema.ts';
import { taskAccess } from './support/tasks.ts';

const settings = await readSettings();
const identity = identify(settings);

serve(
  createYoga<object, Context>({
    schema: createSchema<Context>({
      typeDefs,
      resolvers: resolversOn(taskAccess(openPool(settings))),
    }),
    context: async ({ request }) => ({
      userId: (await identity(request.headers.get('authorization') ?? undefined)).userId,
    }),
    graphiql: false,
    landingPage: false,
    logging: false,
    maskedErrors: true,
  }),
);
