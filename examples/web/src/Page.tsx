/** One page of the list, and below it the next one as soon as its place comes into view. */
import { useEffect, useRef, useState } from 'react';
import { useQuery } from 'urql';
import { messageOf } from './errors';
import type { TaskCondition } from './gql/graphql';
import type { Report } from './Notice';
import { Tasks } from './queries';
import { TaskRow } from './TaskRow';

interface Props {
  readonly condition: TaskCondition;
  /** The last task of the page before; undefined for the first page. */
  readonly after?: string | null;
  readonly report: Report;
}

export function Page({ condition, after, report }: Props) {
  const [{ data, error, fetching }, ask] = useQuery({
    query: Tasks,
    variables: { condition, ...(after && { after }) },
  });
  const [showNext, setShowNext] = useState(false);
  if (error && !data) {
    return (
      <li className="notice">
        <p role="alert">{messageOf(error)}</p>
        <button type="button" onClick={() => ask({ requestPolicy: 'network-only' })}>
          Try again
        </button>
      </li>
    );
  }
  if (!data) return fetching ? <li className="notice" aria-busy="true" /> : null;
  const { nodes, pageInfo } = data.tasks;
  return (
    <>
      {nodes.map((task) => (
        <TaskRow key={task.id} task={task} report={report} />
      ))}
      {pageInfo.hasNextPage &&
        (showNext ? (
          <Page condition={condition} after={pageInfo.endCursor ?? null} report={report} />
        ) : (
          <Sentinel reached={() => setShowNext(true)} />
        ))}
    </>
  );
}

/** Reports that the end of the list is near. The button is for whoever does not scroll. */
function Sentinel({ reached }: { reached: () => void }) {
  const ref = useRef<HTMLLIElement>(null);
  useEffect(() => {
    const seen = (entries: readonly IntersectionObserverEntry[]) =>
      entries.some((entry) => entry.isIntersecting) && reached();
    const observer = new IntersectionObserver(seen, { rootMargin: '300px' });
    if (ref.current) observer.observe(ref.current);
    return () => observer.disconnect();
  }, [reached]);
  return (
    <li ref={ref} className="notice">
      <button type="button" onClick={reached}>
        Show more
      </button>
    </li>
  );
}
