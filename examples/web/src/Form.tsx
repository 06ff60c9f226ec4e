/** The parts that every form shares. The dialog is the browser's own, with its focus trap and Escape key. */
import { type ComponentProps, type ReactNode, useEffect, useId, useRef, useState } from 'react';

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
        const entries = [...new FormData(event.currentTarget)];
        setBusy(true);
        setMessage(
          await submit(Object.fromEntries(entries.map(([name, text]) => [name, `${text}`]))),
        );
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

export function Dialog(props: { title: string; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close(); // The focus goes back to where it was.
  }, []);
  return (
    <dialog ref={ref} aria-labelledby={heading} onCancel={props.onClose}>
      <h2 id={heading}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

export function Field({ label, ...input }: { label: string } & ComponentProps<'input'>) {
  return (
    <label>
      {label}
      <input required {...input} />
    </label>
  );
}
