/**
 * Data access with Prisma: `where: { userId }` in each call. Statements get a name per text, which
 * Prisma's driver adapter does not do, so that each is parsed once per connection as in ../support/tasks.ts.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import type { PeerSettings } from '../support/peer.ts';
import type { PageOptions, Task, TaskAccess } from '../support/tasks.ts';

interface Row extends Omit<Task, 'createdAt' | 'updatedAt'> {
  readonly createdAt: Date;
  readonly updatedAt: Date | null;
}

/** The used part of the generated client, which does not exist during type checks. */
interface Client {
  readonly task: {
    findMany(query: object): Promise<Row[]>;
    findUnique(query: object): Promise<Row | null>;
    create(query: object): Promise<Row>;
    updateManyAndReturn(query: object): Promise<Row[]>;
  };
}
interface Generated {
  readonly PrismaClient: new (options: { readonly adapter: PrismaPg }) => Client;
}

const GENERATED = join(import.meta.dirname, '../../generated/client.ts');

const select = { id: true, title: true, completed: true, createdAt: true, updatedAt: true };

export async function prismaTaskAccess({
  databaseUrl,
  poolSize,
}: PeerSettings): Promise<TaskAccess> {
  const { PrismaClient }: Generated = await import(GENERATED);
  const adapter = new PrismaPg(
    { connectionString: databaseUrl, max: poolSize, idleTimeoutMillis: 0 },
    { statementNameGenerator: ({ sql }) => nameOf(sql) },
  );
  const { task } = new PrismaClient({ adapter });
  return {
    page: async (userId: number, { first, completed, after }: PageOptions) => {
      const rows = await task.findMany({
        where: { userId, completed: completed ?? undefined, id: { lt: after ?? undefined } },
        orderBy: { id: 'desc' },
        take: first,
        select,
      });
      return rows.map(written);
    },
    byId: async (userId, id) => one(await task.findUnique({ where: { id, userId }, select })),
    create: async (userId, title) => one(await task.create({ data: { title, userId }, select })),
    setCompleted: async (userId, id, completed) => {
      // update() throws if no row matches. This returns an empty list, also with one statement.
      const query = { where: { id, userId }, data: { completed }, select };
      const [row] = await task.updateManyAndReturn(query);
      return one(row);
    },
  };
}

const one = (row: Row | null | undefined): Task | null => (row ? written(row) : null);

/** Prisma returns times as Date. */
const written = (row: Row): Task => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt?.toISOString() ?? null,
});

const names = new Map<string, string>();

/** Short names: PostgreSQL truncates names at 63 bytes. One text per kind of request. */
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = createHash('sha256').update(sql).digest('hex').slice(0, 32);
    names.set(sql, name);
  }
  return name;
}
