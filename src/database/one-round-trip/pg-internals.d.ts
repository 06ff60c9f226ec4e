/** What of pg has no published types; test/database/adaptor/driver.test.ts holds it to this. */
declare module 'pg/lib/utils.js' {
  const utils: {
    /** A JavaScript value as PostgreSQL reads it from a text or binary parameter. */
    prepareValue(value: unknown): string | Buffer | null;
  };
  export default utils;
}
