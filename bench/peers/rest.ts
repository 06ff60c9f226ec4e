/** A small REST service by hand: Express and node-postgres. */
import express from 'express';
import { identify, openPool, readSettings, serve } from './support/peer.ts';
import { taskAccess } from './support/tasks.ts';

const settings = await readSettings();
const identity = identify(settings);
const tasks = taskAccess(openPool(settings));
const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(express.json());
app.use(async (request, response, next) => {
  response.locals.userId = (await identity(request.headers.authorization)).userId;
  next();
});
const number = (value: unknown): number | undefined =>
  typeof value === 'string' ? Number.parseInt(value, 10) : undefined;
app.get('/tasks', async (request, response) => {
  const { first, after, completed } = request.query;
  response.json(
    await tasks.page(response.locals.userId, {
      first: Math.min(number(first) ?? 20, 200),
      after: number(after),
      completed: completed === undefined ? undefined : completed === 'true',
    }),
  );
});
app.get('/tasks/:id', async (request, response) => {
  response.json(await tasks.byId(response.locals.userId, Number(request.params.id)));
});
app.post('/tasks', async (request, response) => {
  response.json(await tasks.create(response.locals.userId, request.body.title));
});
app.patch('/tasks/:id', async (request, response) => {
  const { completed } = request.body;
  response.json(
    await tasks.setCompleted(response.locals.userId, Number(request.params.id), completed),
  );
});
serve(app);
