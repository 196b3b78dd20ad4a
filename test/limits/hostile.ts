const times = (n: number, make: (i: number) => string) => Array.from({ length: n }, (_, i) => make(i)).join(' ')
const nest = (n: number, open: string, inside: string) => `${open.repeat(n)}${inside}${'}'.repeat(n)}`
const chain = (n: number, step: (next: string) => string) =>
  `{ me { ...F0 } } ${times(n, i => `fragment F${i} on User { ${step(`...F${i + 1}`)} }`)} fragment F${n} on User { id }`

/** Documents that mean harm, by the code that must refuse them, made anew for each size. */
export const hostile: readonly { readonly what: string; readonly code: string; readonly text: string }[] = [
  { what: 'a long document', code: 'MAX_TOKENS', text: `{ me { ${times(5_000, i => `f${i}`)} } }` },
  { what: 'deep nesting', code: 'MAX_DEPTH', text: `{ me ${nest(400, '{ reports_to_link ', '{ id }')} }` },
  {
    what: 'depth hidden in fragments',
    code: 'MAX_DEPTH',
    text: chain(19, next => `reports_to_link { reports_to_link { ${next} } }`),
  },
  { what: 'many root fields', code: 'MAX_ROOT_FIELDS', text: `{ ${times(51, i => `a${i}: me { id }`)} }` },
  {
    what: 'root fields hidden in fragments',
    code: 'MAX_ROOT_FIELDS',
    text: `{ ...A ...A } fragment A on Query { ${times(30, i => `a${i}: __typename`)} }`,
  },
  { what: 'alias overloading', code: 'MAX_ALIASES', text: `{ me { ${times(101, i => `a${i}: id`)} } }` },
  { what: 'aliases of __typename', code: 'MAX_ALIASES', text: `{ me { ${times(101, i => `a${i}: __typename`)} } }` },
  { what: 'directive overloading', code: 'MAX_DIRECTIVES', text: `{ me { id ${'@aa '.repeat(500)} } }` },
  {
    what: 'directives of __typename',
    code: 'MAX_DIRECTIVES',
    text: `{ __typename ${'@include(if: true) '.repeat(51)} }`,
  },
  { what: 'the same field again and again', code: 'MAX_REPEATED_FIELDS', text: `{ me { ${'id '.repeat(1_500)} } }` },
  {
    what: 'the same records again and again',
    code: 'MAX_REPEATED_FIELDS',
    text: `{ me { ${'reports_to_link { id name } '.repeat(400)} } }`,
  },
  {
    what: 'repetition within repetition',
    code: 'MAX_REPEATED_FIELDS',
    text: `{ me { ${`reports_to_link { ${'reports_to_link { id } '.repeat(20)} } `.repeat(20)} } }`,
  },
  { what: 'fragments that double', code: 'MAX_FIELDS', text: chain(19, next => `${next} ${next}`) },
  { what: 'a long chain of fragments', code: 'MAX_FRAGMENT_DEPTH', text: chain(90, next => next) },
  {
    what: 'many fragments',
    code: 'MAX_FRAGMENTS',
    text: `{ me { ${times(200, i => `...F${i}`)} } } ${times(200, i => `fragment F${i} on User { id }`)}`,
  },
  {
    what: 'a circle of fragments',
    code: 'FRAGMENT_CYCLE',
    text: '{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }',
  },
  {
    what: 'a web of fragments',
    code: 'FRAGMENT_CYCLE',
    text: `{ me { ${times(90, i => `...F${i}`)} } } ${times(90, i => `fragment F${i} on User { ${times(8, j => `...F${(i + j + 1) % 90}`)} id }`)}`,
  },
  { what: 'many operations', code: 'MAX_OPERATIONS', text: times(400, i => `query Q${i} { me { id } }`) },
  {
    what: 'a deep filter',
    code: 'MAX_INPUT_DEPTH',
    text: `{ accounts(filter: ${nest(400, '{ not: ', '{ }')}) { nodes { id } } }`,
  },
  {
    what: 'a deep list',
    code: 'MAX_INPUT_DEPTH',
    text: `{ accounts(filter: ${'['.repeat(900)}${']'.repeat(900)}) { nodes { id } } }`,
  },
  {
    what: 'a broad filter',
    code: 'MAX_INPUT_OBJECTS',
    text: `{ accounts(filter: { or: [${'{ } '.repeat(900)}] }) { nodes { id } } }`,
  },
  {
    what: 'pages within pages',
    code: 'MAX_COST',
    text: '{ accounts(first: 1000) { nodes { id contacts(first: 1000) { nodes { id } } } } }',
  },
]
