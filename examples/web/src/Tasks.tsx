/** The list: new tasks, filters, search, and what is done to many tasks at once. */
import { useDeferredValue, useState } from 'react';
import { type CombinedError, useMutation, useQuery } from 'urql';
import { messageOf } from './errors';
import { NewTask } from './NewTask';
import { type Notice, NoticeLine, type Report } from './Notice';
import { Page } from './Page';
import * as queries from './queries';

const FILTERS = { All: {}, Open: { completed: false }, Done: { completed: true } } as const;
const NAMES = ['All', 'Open', 'Done'] as const;

/** How many rows one request of updateTasks may name (docs/settings.md). */
const MAX_LIST_ITEMS = 100;

export function Tasks() {
  const [filter, setFilter] = useState<(typeof NAMES)[number]>('All');
  const [search, setSearch] = useState('');
  const [notice, setNotice] = useState<Notice>();
  const [completing, completeAll] = useMutation(queries.CompleteAll);
  const [clearing, clearCompleted] = useMutation(queries.ClearCompleted);
  const [, updateTasks] = useMutation(queries.UpdateTasks);
  const [, deleteTasks] = useMutation(queries.DeleteTasks);
  // The list follows the typing when the browser has time.
  const wanted = useDeferredValue(search.trim());
  const condition = wanted ? { ...FILTERS[filter], search: wanted } : FILTERS[filter];
  // The same request as the first <Page>: both get one answer.
  const [{ data }] = useQuery({ query: queries.Tasks, variables: { condition } });
  const total = data?.tasks.totalCount;

  const report: Report = (text, undo) =>
    setNotice(text ? { text, ...(undo && { undo }) } : undefined);
  const say = (error: CombinedError | undefined, text: string, undo?: () => void) =>
    report(error ? messageOf(error) : text, error ? undefined : undo);

  async function complete() {
    const { data, error } = await completeAll({});
    const ids = data?.setAllTasksCompleted?.ids ?? [];
    const canUndo = ids.length > 0 && ids.length <= MAX_LIST_ITEMS;
    say(error, `${tasks(ids.length)} completed.`, canUndo ? () => reopen(ids) : undefined);
  }

  async function reopen(ids: number[]) {
    const { error } = await updateTasks({ ids, patch: { completed: false } });
    say(error, `${tasks(ids.length)} open again.`);
  }

  async function remove(ids: number[]) {
    const { error } = await deleteTasks({ ids });
    say(error, `${tasks(ids.length)} removed.`);
  }

  async function clear() {
    const { data, error } = await clearCompleted({});
    say(error, `${tasks(data?.clearCompletedTasks?.count ?? 0)} cleared.`);
  }

  return (
    <>
      <NewTask ready={data !== undefined} report={report} remove={remove} />
      <section className="row" aria-label="Filters">
        {NAMES.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === filter}
            onClick={() => setFilter(name)}
          >
            {name}
          </button>
        ))}
        <input
          type="search"
          aria-label="Search"
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </section>
      <NoticeLine notice={notice} />
      <ul aria-label="Tasks">
        <Page condition={condition} report={report} />
      </ul>
      {total === 0 && (
        <p className="empty">{wanted ? `No task contains “${wanted}”.` : 'Nothing here.'}</p>
      )}
      <footer>
        <span className="count">{total === undefined ? '' : tasks(total)}</span>
        <button type="button" disabled={completing.fetching} onClick={complete}>
          Complete all
        </button>
        <button type="button" disabled={clearing.fetching} onClick={clear}>
          Clear completed
        </button>
      </footer>
    </>
  );
}

const tasks = (count: number): string => `${count} ${count === 1 ? 'task' : 'tasks'}`;
