/** Types of the operations in src/, written to src/gql/ by `npm run codegen`. Run it when the API or an operation changes. */
import type { CodegenConfig } from '@graphql-codegen/cli';

export default {
  schema: '../../test/app/schema.graphql',
  documents: 'src/*.{ts,tsx}',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: { scalars: { Cursor: 'string', Datetime: 'string' }, useTypeImports: true },
    },
  },
} satisfies CodegenConfig;
