/**
 * PostGraphile 5 as in its documentation: Express, the Amber preset, its own adaptor. Login, role, claim,
 * planner settings and token check are the same as Rowguard's.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/express/v4';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { sessionSettings } from '../../src/database/session.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { identify, listening, openPool, readSettings } from './support/peer.ts';

const settings = await readSettings();
const identity = identify(settings);
const identities = new WeakMap<IncomingMessage, Identity>();
const pgl = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      pool: openPool(settings),
      schemas: ['public'],
      pgSettingsForIntrospection: { role: 'todo_user' },
    }),
  ],
  grafast: {
    explain: false,
    context: (context) => {
      const request = context.expressv4?.req;
      const person = request && identities.get(request);
      if (!person) throw new Error('no person in the request');
      return { pgSettings: sessionSettings(person.userId, 10_000) };
    },
  },
  grafserv: { graphiql: false, graphiqlOnGraphQLGET: false, websockets: false, watch: false },
});
const serv = pgl.createServ(grafserv);
const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(async (request, _response, next) => {
  identities.set(request, await identity(request.headers.authorization));
  next();
});
const server = createServer(app);
await pgl.getSchema();
await serv.addTo(app, server, false);
server.listen(0, '127.0.0.1', () => listening((server.address() as AddressInfo).port));
