import tseslint from 'typescript-eslint'

/** Each rule here has stopped a bug somewhere; layout is Prettier's business. Config files are the one place for a default export. */
export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'dist/',
      'data/',
      'schema/modules/',
      'schema/templates.ts',
      'schema/lists.ts',
      'schema/relationships.ts',
      'schema/joins.ts',
      'drizzle/migrations/',
    ],
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-array-delete': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-unused-expressions': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
      '@typescript-eslint/restrict-plus-operands': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: false },
      ],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-constant-condition': ['error', { checkLoops: false }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'One name per thing, so that rename and grep work.' },
        {
          selector: 'CallExpression[callee.object.name="vi"][callee.property.name="mock"]',
          message: 'A thing that needs a mock needs a parameter.',
        },
      ],
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-unreachable': 'error',
      'prefer-const': 'error',
    },
  },
  // The command line talks to people; tests and benchmarks may too.
  {
    files: ['gateway/cli.ts', 'gateway/commands/**', 'gateway/progress.ts', 'gateway/doctor.ts', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  { files: ['*.config.ts', 'subgraphs/connectors/providers/*/provider.ts'], rules: { 'no-restricted-syntax': 'off' } },
  // The kernel's seams: where text of a definition becomes a typed table.
  {
    files: ['schema/**', 'drizzle/columns.ts', 'drizzle/tables.ts', 'drizzle/tables/**', 'drizzle/client.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
)
