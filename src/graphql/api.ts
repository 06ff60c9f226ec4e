/**
 * The GraphQL API of a database as it is now, and again after the database has changed. Receives the
 * preset, hands on something to mount. A reload is all or nothing: requests that have begun end on the
 * schema they began with, and if no new one can be made the old one stays.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Express } from 'express';
import { makeSchema } from 'postgraphile';
import { forgetTemplates } from './compiled/templates.ts';
import { Grafserv } from './execution/grafserv.ts';

export interface Api {
  mount(app: Express, server: Server): Promise<void>;
  /** Reads the database's catalogue again and serves what it finds. Rejects if that makes no API. */
  reload(): Promise<void>;
  /** Ends what listens for changes of the schema: it never ends by itself. */
  endStreams(): void;
  release(): Promise<void>;
}

/** Where GraphiQL listens, in watch mode: at every reload it fetches the schema again. */
const STREAM_PATH = '/graphql/stream';

export async function openApi(preset: GraphileConfig.Preset): Promise<Api> {
  const { schema } = await makeSchema(preset);
  const serv = new Grafserv({ preset, schema });
  const streams = new Set<ServerResponse>();
  return {
    async mount(app, server) {
      app.get(STREAM_PATH, (_request, response, next) => {
        streams.add(response);
        response.once('close', () => streams.delete(response));
        next();
      });
      await serv.addTo(app, server, false);
    },
    async reload() {
      serv.setSchema((await makeSchema(preset)).schema);
      forgetTemplates();
    },
    endStreams() {
      for (const response of streams) response.destroy();
    },
    async release() {
      await serv.release();
    },
  };
}
