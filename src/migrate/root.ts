/** The checkout's root directory, which holds .gmrc and migrations/, whatever the working directory is. */
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
