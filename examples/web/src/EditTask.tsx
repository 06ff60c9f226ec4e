/**
 * The editor of one task. It saves only if the task is as it was when the editor opened. Otherwise it shows
 * both versions, and the person chooses.
 */
import { useState } from 'react';
import { useClient } from 'urql';
import { currentOf, has, messageOf, type Report } from './errors';
import { Dialog, Field, Form } from './Form';
import type { TaskFieldsFragment as Task } from './gql/graphql';
import { DeleteTask, UpdateTask } from './queries';

type Text = Pick<Task, 'title' | 'description'>;

export function EditTask(props: { task: Task; report: Report; onClose: () => void }) {
  const { task, report, onClose } = props;
  const client = useClient();
  // The version that this editor was opened with: meanwhile the row in the list may change.
  const [opened] = useState(task);
  const [conflict, setConflict] = useState<{ Theirs: Task; Yours: Text }>();
  const { Theirs: theirs, Yours: mine } = conflict ?? {};

  async function save(patch: Text, expected: Task): Promise<string | undefined> {
    const variables = { id: task.id, patch, expected: expected.updatedAt };
    const { error } = await client.mutation(UpdateTask, variables);
    if (!error) return void onClose();
    if (!has(error, 'CONFLICT', 'STALE')) return messageOf(error);
    const current = currentOf(error);
    // The answer to an earlier attempt was lost, and the request was sent again: it is saved already.
    if (current.title === patch.title && current.description === patch.description) onClose();
    else setConflict({ Theirs: current, Yours: patch });
  }

  async function remove() {
    onClose();
    const { error } = await client.mutation(DeleteTask, { id: task.id });
    // A repeated delete whose first answer was lost finds nothing.
    report((!has(error, 'NOT_FOUND') && messageOf(error)) || `Deleted “${task.title}”.`);
    document.getElementById('new-task')?.focus();
  }

  return (
    <Dialog title={conflict ? 'Changed somewhere else' : 'Edit task'} onClose={onClose}>
      <Form
        submit={async ({ title = '', description }) =>
          save(mine ?? { title, description: description || null }, theirs ?? opened)
        }
        label={conflict ? 'Save mine' : 'Save'}
        cancel={conflict ? 'Keep theirs' : 'Cancel'}
      >
        {conflict ? (
          <>
            <p>This task was changed while you edited it. Which version do you want to keep?</p>
            {Object.entries<Text>(conflict).map(([name, text]) => (
              <section key={name} aria-label={name}>
                <h3>{name}</h3>
                <p>{text.title}</p>
                <p>{text.description}</p>
              </section>
            ))}
          </>
        ) : (
          <>
            <Field label="Title" name="title" defaultValue={opened.title} maxLength={200} />
            <label>
              Details
              <textarea name="description" rows={4} defaultValue={opened.description ?? ''} />
            </label>
            <button type="button" className="quiet danger" onClick={remove}>
              Delete
            </button>
          </>
        )}
      </Form>
    </Dialog>
  );
}
