/**
 * How much the long proofs do. Takes PROOFS from the environment: `npm test` runs the short form, CI sets
 * PROOFS=whole (.ci/run). The short form fails for the same defects; the whole form searches longer.
 */
export const WHOLE_PROOFS = process.env.PROOFS === 'whole';
