/**
 * The editor of one task. It saves only if the task is as it was when the editor opened. Otherwise it shows
 * both versions, and the person chooses.
 */
import { useState } from 'react';
import { useClient } from 'urql';
import { Dialog, Field, formValues } from './Dialog';
import { currentOf, has, messageOf } from './errors';
import type { TaskFieldsFragment as Task } from './gql/graphql';
import type { Report } from './Notice';
import * as queries from './queries';

type Text = Pick<Task, 'title' | 'description'>;

interface Props {
  readonly task: Task;
  readonly report: Report;
  readonly onClose: () => void;
}

export function EditTask({ task, report, onClose }: Props) {
  const client = useClient();
  // The version that this editor was opened with: meanwhile the row in the list may change.
  const [opened] = useState(task);
  const [conflict, setConflict] = useState<{ mine: Text; theirs: Task }>();
  const [message, setMessage] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function save(mine: Text, expected: Task) {
    setBusy(true);
    const variables = { id: task.id, patch: mine, expected: expected.updatedAt };
    const { error } = await client.mutation(queries.UpdateTask, variables);
    setBusy(false);
    if (!error) return onClose();
    if (!has(error, 'CONFLICT', 'STALE')) return setMessage(messageOf(error));
    const theirs = currentOf(error);
    // The list behind this dialog shows the row as it is, too.
    client.query(queries.TaskNow, { id: task.id }, { requestPolicy: 'network-only' }).toPromise();
    // The answer to an earlier attempt was lost, and the request was sent again: it is saved already.
    if (theirs.title === mine.title && theirs.description === mine.description) return onClose();
    setConflict({ mine, theirs });
  }

  async function remove() {
    onClose();
    const { error } = await client.mutation(queries.DeleteTask, { id: task.id });
    // A repeated delete whose first answer was lost finds nothing.
    report(error && !has(error, 'NOT_FOUND') ? messageOf(error) : `Deleted “${task.title}”.`);
    document.getElementById('new-task')?.focus();
  }

  if (conflict) {
    const { mine, theirs } = conflict;
    return (
      <Dialog title="Changed somewhere else" onClose={onClose}>
        <p>This task was changed while you edited it. Which version do you want to keep?</p>
        <div className="versions">
          <Version name="Theirs" text={theirs} />
          <Version name="Yours" text={mine} />
        </div>
        {message && <p role="alert">{message}</p>}
        <footer>
          <button type="button" onClick={onClose}>
            Keep theirs
          </button>
          <button
            type="button"
            className="primary"
            disabled={busy}
            onClick={() => save(mine, theirs)}
          >
            Save mine
          </button>
        </footer>
      </Dialog>
    );
  }

  return (
    <Dialog title="Edit task" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const { title = '', description } = formValues(event.currentTarget);
          save({ title, description: description || null }, opened);
        }}
      >
        <Field label="Title" name="title" defaultValue={opened.title} maxLength={200} />
        <label>
          Details
          <textarea
            name="description"
            rows={4}
            defaultValue={opened.description ?? ''}
            maxLength={10_000}
          />
        </label>
        {message && <p role="alert">{message}</p>}
        <footer>
          <button type="button" className="quiet danger" onClick={remove}>
            Delete
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={busy}>
            Save
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function Version({ name, text }: { name: string; text: Text }) {
  return (
    <section aria-label={name}>
      <h3>{name}</h3>
      <p>{text.title}</p>
      <p>{text.description}</p>
    </section>
  );
}
