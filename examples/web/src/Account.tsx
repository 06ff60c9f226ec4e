/**
 * Who is signed in; sign out; delete the account. Better Auth deletes it here and in Rowguard. The API's
 * deleteMe is not enough: see README.md.
 */
import { useState } from 'react';
import { auth, problemOf, type User } from './auth';
import { Dialog, Field, Form } from './Form';

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
      {open && (
        <Dialog title="Delete your account?" onClose={() => setOpen(false)}>
          <Form
            submit={async ({ password = '' }) => problemOf(await auth.deleteUser({ password }))}
            label="Delete everything"
            cancel="Cancel"
          >
            <p>The account {user.email} and all its tasks are deleted at once, for good.</p>
            <Field
              label="Password"
              name="password"
              type="password"
              autoComplete="current-password"
            />
          </Form>
        </Dialog>
      )}
    </div>
  );
}
