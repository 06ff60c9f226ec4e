/**
 * The field for a new task. The task is in the list at once. Each request has a key of its own, so one that
 * is sent again because its answer was lost makes no second task.
 */
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { messageOf, type Report } from './errors';
import { CreateTask } from './queries';

interface Props {
  /** The list is there: a task that is made before could be missing in its answer. */
  readonly ready: boolean;
  readonly report: Report;
}

export function NewTask({ ready, report }: Props) {
  const [title, setTitle] = useState('');
  const [, create] = useMutation(CreateTask);
  const canAdd = ready && title.trim() !== '';

  async function add(event: FormEvent) {
    event.preventDefault();
    setTitle('');
    const { error } = await create({ task: { title }, key: crypto.randomUUID() });
    report(messageOf(error));
    if (error) setTitle((typed) => typed || title); // Nothing that was typed is lost.
  }

  return (
    <form className="row" onSubmit={add}>
      <input
        id="new-task"
        aria-label="New task"
        placeholder="What is to be done?"
        maxLength={200}
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <button type="submit" className="primary" disabled={!canAdd}>
        Add
      </button>
    </form>
  );
}
