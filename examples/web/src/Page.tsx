/** One page of the list, and below it the next one as soon as its place comes into view. */
import { useState } from 'react';
import { useQuery } from 'urql';
import { messageOf, type Report } from './errors';
import type { TaskCondition } from './gql/graphql';
import { Tasks } from './queries';
import { TaskRow } from './TaskRow';

interface Props {
  readonly condition: TaskCondition;
  /** The cursor of the last task of the page before; undefined for the first page. */
  readonly after?: string | null | undefined;
  readonly report: Report;
}

export function Page({ condition, after, report }: Props) {
  const variables = after ? { condition, after } : { condition };
  const [{ data, error, fetching }, ask] = useQuery({ query: Tasks, variables });
  const [showNext, setShowNext] = useState(false);
  if (!data) {
    return (
      <li className="notice" aria-busy={fetching}>
        {error && <p role="alert">{messageOf(error)}</p>}
        <button
          type="button"
          onClick={() => ask({ requestPolicy: 'network-only' })}
          hidden={!error}
        >
          Try again
        </button>
      </li>
    );
  }
  const { nodes, pageInfo } = data.tasks;
  const more = () => setShowNext(true);
  const next = showNext ? (
    <Page condition={condition} after={pageInfo.endCursor} report={report} />
  ) : (
    <li className="notice" ref={(place) => watch(place, more)}>
      <button type="button" onClick={more}>
        Show more
      </button>
    </li>
  );
  return (
    <>
      {nodes.map((task) => (
        <TaskRow key={task.id} task={task} report={report} />
      ))}
      {pageInfo.hasNextPage && next}
    </>
  );
}

/** Reports once the place is near the visible part of the page. The button is for people who do not scroll. */
function watch(place: Element | null, reached: () => void): () => void {
  const observer = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && reached(),
    { rootMargin: '300px' },
  );
  if (place) observer.observe(place);
  return () => observer.disconnect();
}
