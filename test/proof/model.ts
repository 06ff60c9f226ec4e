/**
 * What must be stored: whose task each is, and what it says. A write whose answer never came may have
 * happened, now or a moment later, or not: such a row is *unsure* and may be either, but never anybody
 * else's. Knows nothing of channels or databases.
 */
export interface StoredTask {
  readonly id: number;
  readonly user_id: number;
  readonly title: string;
  readonly completed: boolean;
}

interface Task {
  /** One, unless the row is unsure. */
  titles: Set<string>;
  completed: boolean;
  unsure: boolean;
  /** A delete of it may have happened. */
  maybeGone: boolean;
}

export class Model {
  readonly #tasks = new Map<number, Map<number, Task>>();
  /** Creates without an answer, by their title, which nothing else has. Never forgotten: some are late. */
  readonly #unanswered = new Map<string, number>();

  begin(people: readonly number[]): void {
    this.#tasks.clear();
    for (const person of people) this.#tasks.set(person, new Map());
  }

  of(person: number): Map<number, Task> {
    const tasks = this.#tasks.get(person);
    if (!tasks) throw new Error(`the model does not know ${person}`);
    return tasks;
  }

  created(person: number, id: number, title: string, completed: boolean): void {
    this.of(person).set(id, {
      titles: new Set([title]),
      completed,
      unsure: false,
      maybeGone: false,
    });
  }

  maybeCreated(person: number, title: string): void {
    this.#unanswered.set(title, person);
  }

  updated(person: number, id: number, title: string, completed: boolean): void {
    const task = this.of(person).get(id);
    if (!task) return;
    // What is late may still come after this.
    if (!task.unsure) task.titles.clear();
    task.titles.add(title);
    task.completed = completed;
  }

  maybeUpdated(person: number, id: number, title: string): void {
    const task = this.of(person).get(id);
    task?.titles.add(title);
    if (task) task.unsure = true;
  }

  deleted(person: number, id: number): void {
    this.of(person).delete(id);
  }

  maybeDeleted(person: number, id: number): void {
    const task = this.of(person).get(id);
    if (task) Object.assign(task, { unsure: true, maybeGone: true });
  }

  allSet(person: number, completed: boolean): void {
    for (const task of this.of(person).values()) task.completed = completed;
  }

  cleared(person: number): void {
    for (const [id, task] of this.of(person)) {
      if (task.unsure) task.maybeGone = true;
      else if (task.completed) this.deleted(person, id);
    }
  }

  /** Whether a change of the row must find it; undefined if it may or may not. */
  isThere(person: number, id: number): boolean | undefined {
    const task = this.of(person).get(id);
    return task?.maybeGone ? undefined : task !== undefined;
  }

  /** Compares with all that is stored of the model's people; says what is wrong. */
  compare(stored: readonly StoredTask[]): string[] {
    const wrong: string[] = [];
    const seen = new Set<number>();
    for (const { id, user_id, title, completed } of stored) {
      seen.add(id);
      const task = this.of(user_id).get(id);
      if (!task && this.#unanswered.get(title) === user_id)
        this.created(user_id, id, title, completed);
      else if (!task) wrong.push(`${id} "${title}" is with ${user_id}, who never made it`);
      else if (!task.titles.has(title)) wrong.push(`${id} of ${user_id} says "${title}"`);
      else if (!task.unsure && task.completed !== completed)
        wrong.push(`${id} of ${user_id} is ${completed ? '' : 'not '}completed`);
    }
    for (const [person, tasks] of this.#tasks)
      for (const [id, task] of tasks)
        if (!seen.has(id) && !task.maybeGone) wrong.push(`${id} of ${person} is gone`);
    return wrong;
  }
}
