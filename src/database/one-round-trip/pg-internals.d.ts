/** Types for a part of pg that @types/pg does not cover. test/database/adaptor/driver.test.ts checks them. */
declare module 'pg/lib/utils.js' {
  const utils: {
    /** Converts a JavaScript value to a text or binary parameter. */
    prepareValue(value: unknown): string | Buffer | null;
  };
  export default utils;
}
