/** Who is signed in; sign out; delete the account. */
import { useState } from 'react';
import type { User } from './App';
import { auth } from './auth';
import { Dialog, Field, formValues } from './Dialog';

export function Account({ user }: { user: User }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="row">
      <button type="button" className="quiet" onClick={() => setOpen(true)}>
        {user.name}
      </button>
      <button type="button" onClick={() => auth.signOut()}>
        Sign out
      </button>
      {open && <DeleteAccount user={user} onClose={() => setOpen(false)} />}
    </div>
  );
}

/** Better Auth deletes the account, and in Rowguard before that. The API's deleteMe alone would not do: see README.md. */
function DeleteAccount({ user, onClose }: { user: User; onClose: () => void }) {
  const [message, setMessage] = useState<string>();
  async function submit(password: string) {
    const { error } = await auth.deleteUser({ password });
    if (error) setMessage(error.message ?? 'The sign-in server cannot be reached.');
  }
  return (
    <Dialog title="Delete your account?" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit(formValues(event.currentTarget).password ?? '');
        }}
      >
        <p>
          The account {user.email} and all its tasks are deleted at once. This cannot be undone.
        </p>
        <Field label="Password" name="password" type="password" autoComplete="current-password" />
        {message && <p role="alert">{message}</p>}
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary danger">
            Delete everything
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
