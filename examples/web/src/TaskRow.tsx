/** One task: a check box, and its title, which opens the editor. */
import { useState } from 'react';
import { useMutation } from 'urql';
import { EditTask } from './EditTask';
import { messageOf, type Report } from './errors';
import type { TaskFieldsFragment as Task } from './gql/graphql';
import { UpdateTask } from './queries';

export function TaskRow({ task, report }: { task: Task; report: Report }) {
  const { id, title, description, completed } = task;
  const [editing, setEditing] = useState(false);
  const [, update] = useMutation(UpdateTask);
  const unconfirmed = id < 0;

  async function toggle() {
    const { error } = await update({ id, patch: { completed: !completed } });
    report(messageOf(error));
  }

  return (
    <li className="row" aria-busy={unconfirmed}>
      <input
        type="checkbox"
        aria-label={`Done: ${title}`}
        checked={completed}
        disabled={unconfirmed}
        onChange={toggle}
      />
      <button type="button" disabled={unconfirmed} onClick={() => setEditing(true)}>
        <span>{title}</span>
        {description && <small>{description}</small>}
      </button>
      {editing && <EditTask task={task} report={report} onClose={() => setEditing(false)} />}
    </li>
  );
}
