/** The list: new tasks, filters, search, and what is done to many tasks at once. */
import { useDeferredValue, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { messageOf } from './errors';
import type { TaskCondition } from './gql/graphql';
import { NewTask } from './NewTask';
import { Page } from './Page';
import * as queries from './queries';

const FILTERS = { All: {}, Open: { completed: false }, Done: { completed: true } };

export function Tasks() {
  const [filter, setFilter] = useState<TaskCondition>(FILTERS.All);
  const [search, setSearch] = useState('');
  const [notice, report] = useState('');
  const [completing, completeAll] = useMutation(queries.CompleteAll);
  const [clearing, clearCompleted] = useMutation(queries.ClearCompleted);
  // The list follows the typing when the browser has time.
  const wanted = useDeferredValue(search.trim());
  const condition = { ...filter, ...(wanted && { search: wanted }) };
  // The same request as the first <Page>: both get one answer.
  const [{ data }] = useQuery({ query: queries.Tasks, variables: { condition } });
  const total = data?.tasks.totalCount;

  async function complete() {
    const { data, error } = await completeAll({});
    report(messageOf(error) || `${tasks(data?.setAllTasksCompleted?.count)} completed.`);
  }

  async function clear() {
    const { data, error } = await clearCompleted({});
    report(messageOf(error) || `${tasks(data?.clearCompletedTasks?.count)} cleared.`);
  }

  return (
    <main>
      <NewTask ready={data !== undefined} report={report} />
      <section className="row" aria-label="Filters">
        {Object.entries(FILTERS).map(([name, condition]) => (
          <button
            key={name}
            type="button"
            aria-pressed={condition === filter}
            onClick={() => setFilter(condition)}
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
      <p role="status">{notice}</p>
      <ul aria-label="Tasks">
        <Page condition={condition} report={report} />
        {total === 0 && (
          <li className="notice">{wanted ? `No task contains “${wanted}”.` : 'Nothing here.'}</li>
        )}
      </ul>
      <footer>
        <span>{total !== undefined && tasks(total)}</span>
        <button type="button" disabled={completing.fetching} onClick={complete}>
          Complete all
        </button>
        <button type="button" disabled={clearing.fetching} onClick={clear}>
          Clear completed
        </button>
      </footer>
    </main>
  );
}

const tasks = (count = 0): string => `${count} ${count === 1 ? 'task' : 'tasks'}`;
