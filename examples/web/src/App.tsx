/** Who is signed in decides what is shown: the sign-in form, or the tasks of this one person. */
import { useState } from 'react';
import { Provider } from 'urql';
import { Account } from './Account';
import { auth, type User } from './auth';
import { createClient } from './client';
import { SignIn } from './SignIn';
import { Tasks } from './Tasks';

export function App() {
  const { data: session, isPending, error, refetch } = auth.useSession();
  if (session) return <SignedIn key={session.user.id} user={session.user} ended={refetch} />;
  if (isPending) return <main aria-busy="true" />;
  return <SignIn problem={error ? 'The sign-in server cannot be reached.' : undefined} />;
}

function SignedIn({ user, ended }: { user: User; ended: () => void }) {
  const [client] = useState(() => createClient(user.id, ended));
  return (
    <Provider value={client}>
      <header>
        <h1>Tasks</h1>
        <Account user={user} />
      </header>
      <Tasks />
    </Provider>
  );
}
