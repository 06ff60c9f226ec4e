/** Sign in, or make an account. Passwords go to the sign-in server only. */
import { useState } from 'react';
import { auth } from './auth';
import { Field, formValues } from './Dialog';

export function SignIn({ problem }: { problem: string | undefined }) {
  const [isNew, setIsNew] = useState(false);
  const [message, setMessage] = useState(problem);
  const [busy, setBusy] = useState(false);

  async function submit({ email = '', password = '', name = '' }: Partial<Record<string, string>>) {
    setBusy(true);
    const { error } = isNew
      ? await auth.signUp.email({ email, password, name })
      : await auth.signIn.email({ email, password });
    setBusy(false);
    setMessage(error ? (error.message ?? 'The sign-in server cannot be reached.') : undefined);
  }

  function change() {
    setIsNew(!isNew);
    setMessage(undefined);
  }

  return (
    <main className="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit(formValues(event.currentTarget));
        }}
      >
        <img src="/icon.svg" alt="" width="40" height="40" />
        <h1>{isNew ? 'Create your account' : 'Sign in'}</h1>
        {isNew && <Field label="Name" name="name" autoComplete="name" />}
        <Field label="E-mail" name="email" type="email" autoComplete="email" />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete={isNew ? 'new-password' : 'current-password'}
          minLength={8}
        />
        {message && <p role="alert">{message}</p>}
        <button type="submit" className="primary" disabled={busy}>
          {isNew ? 'Create account' : 'Sign in'}
        </button>
        <button type="button" className="quiet" onClick={change}>
          {isNew ? 'I have an account' : 'I am new here'}
        </button>
      </form>
    </main>
  );
}
