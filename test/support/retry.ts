/**
 * For tests of times and of what is timed: a machine that stands still for a second breaks their premise, not
 * what they claim. It can only make things slower, so once in three is enough; a defect fails each time.
 */
export const UNLESS_BUSY = { retry: 2 } as const;
