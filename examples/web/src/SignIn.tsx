/** Sign in, or make an account. Passwords go to the sign-in server only. */
import { useState } from 'react';
import { auth, problemOf } from './auth';
import { Field, Form, type Values } from './Form';

export function SignIn({ problem }: { problem: string | undefined }) {
  const [isNew, setIsNew] = useState(false);

  async function submit({ email = '', password = '', name = '' }: Values) {
    const signIn = { email, password };
    return problemOf(
      await (isNew ? auth.signUp.email({ ...signIn, name }) : auth.signIn.email(signIn)),
    );
  }

  return (
    <main className="sign-in">
      <img src="/icon.svg" alt="" width="40" height="40" />
      <h1>{isNew ? 'Create your account' : 'Sign in'}</h1>
      {problem && <p role="alert">{problem}</p>}
      <Form key={String(isNew)} submit={submit} label={isNew ? 'Create account' : 'Sign in'}>
        {isNew && <Field label="Name" name="name" autoComplete="name" />}
        <Field label="E-mail" name="email" type="email" autoComplete="email" />
        <Field label="Password" name="password" type="password" minLength={8} />
      </Form>
      <button type="button" className="quiet" onClick={() => setIsNew(!isNew)}>
        {isNew ? 'I have an account' : 'I am new here'}
      </button>
    </main>
  );
}
