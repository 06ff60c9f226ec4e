/** What has just happened, for eyes and screen readers, with the way back where there is one. */
export interface Notice {
  readonly text: string;
  readonly undo?: () => void;
}

/** undefined: nothing to say. */
export type Report = (text: string | undefined, undo?: () => void) => void;

export function NoticeLine({ notice }: { notice: Notice | undefined }) {
  return (
    <div role="status" className="row">
      {notice?.text}
      {notice?.undo && (
        <button type="button" onClick={notice.undo}>
          Undo
        </button>
      )}
    </div>
  );
}
