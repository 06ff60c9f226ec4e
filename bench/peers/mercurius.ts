/** mercurius on Fastify with its query compiler (JIT), and node-postgres. */
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { identify, listening, openPool, readSettings } from './support/peer.ts';
import { resolversOn, typeDefs } from './support/schema.ts';
import { taskAccess } from './support/tasks.ts';

const settings = await readSettings();
const identity = identify(settings);
const app = Fastify({ logger: false });
app.register(mercurius, {
  schema: typeDefs,
  resolvers: resolversOn(taskAccess(openPool(settings))) as never,
  jit: 1,
  context: async (request) => ({
    userId: (await identity(request.headers.authorization)).userId,
  }),
});
await app.listen({ host: '127.0.0.1', port: 0 });
const address = app.server.address();
if (address && typeof address === 'object') listening(address.port);
