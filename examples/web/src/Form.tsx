/** The parts that every form shares. The dialog is the browser's own, with its focus trap and Escape key. */
import { type ComponentProps, type ReactNode, useState } from 'react';

export type Values = Partial<Record<string, string>>;

interface FormProps {
  /** Takes the texts by the names of the fields. Returns what went wrong. */
  readonly submit: (values: Values) => Promise<string | undefined>;
  readonly label: string;
  /** The label of a button that closes the dialog around the form. */
  readonly cancel?: string;
  readonly children: ReactNode;
}

export function Form({ submit, label, cancel, children }: FormProps) {
  const [message, setMessage] = useState<string>();
  const [busy, setBusy] = useState(false);
  return (
    <form
      onReset={(event) => event.currentTarget.closest('dialog')?.requestClose()}
      onSubmit={async (event) => {
        event.preventDefault();
        const values: Values = {};
        for (const [name, text] of new FormData(event.currentTarget)) values[name] = String(text);
        setBusy(true);
        setMessage(await submit(values));
        setBusy(false);
      }}
    >
      {children}
      {message && <p role="alert">{message}</p>}
      <footer>
        {cancel && <button type="reset">{cancel}</button>}
        <button type="submit" className="primary" disabled={busy}>
          {label}
        </button>
      </footer>
    </form>
  );
}

export const Dialog = (props: { title: string; onClose: () => void; children: ReactNode }) => (
  <dialog ref={showModal} aria-label={props.title} onCancel={props.onClose}>
    <h2>{props.title}</h2>
    {props.children}
  </dialog>
);

/** Closed before it is removed, so that the focus goes back to where it was. */
function showModal(dialog: HTMLDialogElement | null): () => void {
  dialog?.showModal();
  return () => dialog?.close();
}

export function Field({ label, ...input }: { label: string } & ComponentProps<'input'>) {
  return (
    <label>
      {label}
      <input required {...input} />
    </label>
  );
}
