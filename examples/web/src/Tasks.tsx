/** The list: new tasks, filters, search, and what is done to many tasks at once. */
import { useDeferredValue, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { messageOf } from './errors';
import { NewTask } from './NewTask';
import { Page } from './Page';
import * as queries from './queries';

const FILTERS = { All: {}, Open: { completed: false }, Done: { completed: true } } as const;
const NAMES = ['All', 'Open', 'Done'] as const;

export function Tasks() {
  const [filter, setFilter] = useState<(typeof NAMES)[number]>('All');
  const [search, setSearch] = useState('');
  const [message, setMessage] = useState<string>();
  const [completing, completeAll] = useMutation(queries.CompleteAll);
  const [clearing, clearCompleted] = useMutation(queries.ClearCompleted);
  // The list follows the typing when the browser has time.
  const wanted = useDeferredValue(search.trim());
  const condition = wanted ? { ...FILTERS[filter], search: wanted } : FILTERS[filter];
  // The same request as the first <Page>: both get one answer.
  const [{ data }] = useQuery({ query: queries.Tasks, variables: { condition } });
  const total = data?.tasks.totalCount;

  async function complete() {
    const { data, error } = await completeAll({});
    const count = data?.setAllTasksCompleted?.count ?? 0;
    setMessage(error ? messageOf(error) : `${tasks(count)} completed.`);
  }

  async function clear() {
    const { data, error } = await clearCompleted({});
    const count = data?.clearCompletedTasks?.count ?? 0;
    setMessage(error ? messageOf(error) : `${tasks(count)} cleared.`);
  }

  return (
    <>
      <NewTask ready={data !== undefined} report={setMessage} />
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
      <p role="status">{message}</p>
      <ul aria-label="Tasks">
        <Page condition={condition} report={setMessage} />
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
