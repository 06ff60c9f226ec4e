/** Who is signed in decides what is shown: the sign-in form, or the tasks of this one person. */
import { useEffect, useState } from 'react';
import { type Client, Provider } from 'urql';
import { Account } from './Account';
import { auth } from './auth';
import { createClient } from './client';
import { SignIn } from './SignIn';
import { Tasks } from './Tasks';

export function App() {
  const { data: session, isPending, error, refetch } = auth.useSession();
  if (session) return <SignedIn key={session.user.id} user={session.user} ended={refetch} />;
  if (isPending) return <main aria-busy="true" />;
  return <SignIn problem={error ? 'The sign-in server cannot be reached.' : undefined} />;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

function SignedIn({ user, ended }: { user: User; ended: () => void }) {
  const [client, setClient] = useState<Client>();
  useEffect(() => setClient(createClient(user.id, ended)), [user.id, ended]);
  if (!client) return null;
  return (
    <Provider value={client}>
      <header>
        <h1>Tasks</h1>
        <Account user={user} />
      </header>
      <main>
        <Tasks />
      </main>
    </Provider>
  );
}
