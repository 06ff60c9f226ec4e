/** Types of the operations in src/, written to src/gql/ by `npm run codegen`. Run it when the API or an operation changes. */
import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../../test/app/schema.graphql',
  documents: 'src/*.{ts,tsx}',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: { scalars: { Cursor: 'string', Datetime: 'string' }, useTypeImports: true },
    },
  },
};
export default config;
