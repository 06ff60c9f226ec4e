/**
 * The field for a new task. The task is in the list at once. Each request has a key of its own, so one that
 * is sent again because its answer was lost makes no second task. Several pasted lines are several tasks.
 */
import { type ClipboardEvent, useState } from 'react';
import { useMutation } from 'urql';
import { messageOf } from './errors';
import type { Report } from './Notice';
import { CreateTask, CreateTasks } from './queries';

interface Props {
  /** The list is there: a task that is made before could be missing in its answer. */
  readonly ready: boolean;
  readonly report: Report;
  readonly remove: (ids: number[]) => void;
}

export function NewTask({ ready, report, remove }: Props) {
  const [title, setTitle] = useState('');
  const [, create] = useMutation(CreateTask);
  const [, createAll] = useMutation(CreateTasks);
  const canAdd = ready && title.trim() !== '';

  async function add() {
    setTitle('');
    report(undefined);
    const { error } = await create({ task: { title }, key: crypto.randomUUID() });
    if (!error) return;
    report(messageOf(error));
    setTitle((typed) => typed || title); // Nothing that was typed is lost.
  }

  async function paste(event: ClipboardEvent) {
    const lines = event.clipboardData.getData('text').split('\n');
    const titles = lines.map((line) => line.trim()).filter(Boolean);
    if (titles.length < 2 || !ready) return;
    event.preventDefault();
    const tasks = titles.map((title) => ({ title }));
    const { data, error } = await createAll({ tasks, key: crypto.randomUUID() });
    const ids = data?.createTasks?.tasks.map(({ id }) => id) ?? [];
    if (error) report(messageOf(error));
    else report(`${ids.length} tasks added.`, () => remove(ids));
  }

  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (canAdd) add();
      }}
    >
      <input
        id="new-task"
        aria-label="New task"
        placeholder="What is to be done?"
        maxLength={200}
        value={title}
        onChange={(event) => setTitle(event.target.value)}
        onPaste={paste}
      />
      <button type="submit" className="primary" disabled={!canAdd}>
        Add
      </button>
    </form>
  );
}
