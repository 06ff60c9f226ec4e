/** The checkout's root directory, with .gmrc and migrations/. Does not depend on the working directory. */
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
