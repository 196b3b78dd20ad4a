import {
  GraphQLError,
  Kind,
  parse,
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import { LRUCache } from 'lru-cache'

/**
 * How much one document may be, by the code that refuses more. GraphiQL's introspection query is 15 deep, and has 100
 * fields and 3 fragments.
 */
// prettier-ignore
export const limits = {
  tokens:       { code: 'MAX_TOKENS',          most: 4_000,  what: 'tokens' },
  operations:   { code: 'MAX_OPERATIONS',      most: 20,     what: 'operations' },
  fragments:    { code: 'MAX_FRAGMENTS',       most: 100,    what: 'fragments' },
  nesting:      { code: 'MAX_FRAGMENT_DEPTH',  most: 20,     what: 'fragments within fragments' },
  depth:        { code: 'MAX_DEPTH',           most: 20,     what: 'depth' },
  rootFields:   { code: 'MAX_ROOT_FIELDS',     most: 50,     what: 'root fields' },
  fields:       { code: 'MAX_FIELDS',          most: 2_000,  what: 'fields' },
  repeated:     { code: 'MAX_REPEATED_FIELDS', most: 50,     what: 'fields asked for again' },
  aliases:      { code: 'MAX_ALIASES',         most: 100,    what: 'aliases' },
  directives:   { code: 'MAX_DIRECTIVES',      most: 50,     what: 'directives' },
  inputObjects: { code: 'MAX_INPUT_OBJECTS',   most: 200,    what: 'input objects' },
  inputDepth:   { code: 'MAX_INPUT_DEPTH',     most: 32,     what: 'input depth' },
  cost:         { code: 'MAX_COST',            most: 10_000, what: 'cost in points' },
} as const satisfies Record<string, { code: string; most: number; what: string }>

type LimitName = keyof typeof limits

/** How much stands in a selection set. Fragments count as often as they are spread. */
class Size {
  depth = 0
  nesting = 0
  fields = 0
  repeated = 0
  aliases = 0
  directives = 0
  inputObjects = 0
  inputDepth = 0
  rootFields = 0

  /** What stands beside: depths are the greater of the two, all else is summed. */
  add(other: Size) {
    this.depth = Math.max(this.depth, other.depth)
    this.nesting = Math.max(this.nesting, other.nesting)
    this.inputDepth = Math.max(this.inputDepth, other.inputDepth)
    this.fields += other.fields
    this.repeated += other.repeated
    this.aliases += other.aliases
    this.directives += other.directives
    this.inputObjects += other.inputObjects
  }

  addArguments(given: readonly ArgumentNode[] = []) {
    for (const { value } of given) this.addValue(value, 0)
  }

  addDirectives(given: readonly DirectiveNode[] = []) {
    this.directives += given.length
    for (const { arguments: values } of given) this.addArguments(values)
  }

  private addValue(value: ValueNode, depth: number) {
    this.inputDepth = Math.max(this.inputDepth, depth)
    if (value.kind === Kind.LIST) for (const each of value.values) this.addValue(each, depth + 1)
    if (value.kind !== Kind.OBJECT) return
    this.inputObjects += 1
    for (const field of value.fields) this.addValue(field.value, depth + 1)
  }
}

/** What is known of a document before it is validated. */
export type Measured =
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLError[] }
  | {
      readonly kind: 'fits'
      readonly document: DocumentNode
      /** Whether it asks for the schema, and for nothing else. */
      readonly introspects: 'no' | 'also' | 'only'
    }
  /** Its syntax is wrong; Apollo Server says how. */
  | { readonly kind: 'unreadable' }

const rememberedChars = 5_000_000
const remembered = new LRUCache<string, Measured>({
  maxSize: rememberedChars,
  sizeCalculation: (_measured, text) => text.length + 1,
})

/**
 * Measures a document, before graphql validates it: the time of some of graphql's own rules grows with the square of the
 * fields or with the number of ways through the fragments, and a long chain of fragments ends in an overflow of the stack.
 */
export function measure(text: string): Measured {
  let measured = remembered.get(text)
  if (!measured) {
    measured = measureAnew(text)
    if (text.length < rememberedChars) remembered.set(text, measured)
  }
  return measured
}

export function tooMuch(name: LimitName, found?: number): GraphQLError {
  const { code, most, what } = limits[name]
  const message = `The document has too much: ${what}${found === undefined ? '' : ` ${found}`}, and at most ${most} is accepted`
  return new GraphQLError(message, { extensions: { code, most, ...(found === undefined ? {} : { found }) } })
}

function measureAnew(text: string): Measured {
  let document: DocumentNode
  try {
    document = parse(text, { maxTokens: limits.tokens.most, noLocation: true })
  } catch (error) {
    const isLong = error instanceof GraphQLError && /more that \d+ tokens/.test(error.message)
    return isLong ? { kind: 'refused', errors: [tooMuch('tokens')] } : { kind: 'unreadable' }
  }
  const sizeOf = measurer(document)
  const found = { operations: 0, fragments: 0, ...new Size() }
  const roots = new Set<string>()
  try {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) found.fragments += 1
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue
      found.operations += 1
      const size = sizeOf(definition.selectionSet)
      size.addDirectives(definition.directives)
      size.rootFields = rootsOf(document, definition.selectionSet, roots)
      for (const name of sizeNames) found[name] = Math.max(found[name], size[name])
    }
  } catch (error) {
    if (error instanceof GraphQLError) return { kind: 'refused', errors: [error] }
    throw error
  }
  const errors = foundNames.flatMap(name => (found[name] > limits[name].most ? [tooMuch(name, found[name])] : []))
  if (errors.length > 0) return { kind: 'refused', errors }
  const asksSchema = roots.has('__schema') || roots.has('__type')
  const asksMore = [...roots].some(name => !name.startsWith('__'))
  return { kind: 'fits', document, introspects: !asksSchema ? 'no' : asksMore ? 'also' : 'only' }
}

const sizeNames = [
  'depth',
  'nesting',
  'fields',
  'repeated',
  'aliases',
  'directives',
  'inputObjects',
  'inputDepth',
  'rootFields',
] as const
const foundNames = ['operations', 'fragments', ...sizeNames] as const

function measurer(document: DocumentNode) {
  const fragments = fragmentsOf(document)
  const measured = new Map<string, Size | 'under way'>()

  function ofSelections({ selections }: SelectionSetNode): Size {
    const size = new Size()
    const names = new Set<string>()
    for (const selection of selections) {
      size.addDirectives(selection.directives)
      if (selection.kind === Kind.FRAGMENT_SPREAD) size.add(ofFragment(selection.name.value))
      else if (selection.kind === Kind.INLINE_FRAGMENT) size.add(ofSelections(selection.selectionSet))
      else {
        const name = (selection.alias ?? selection.name).value
        const below = selection.selectionSet ? ofSelections(selection.selectionSet) : new Size()
        below.depth += 1
        below.fields += 1
        below.aliases += selection.alias ? 1 : 0
        below.repeated += names.has(name) ? 1 : 0
        below.addArguments(selection.arguments)
        size.add(below)
        names.add(name)
      }
    }
    return size
  }

  /** @throws GraphQLError  the fragment spreads itself: there is no size */
  function ofFragment(name: string): Size {
    const known = measured.get(name)
    if (known === 'under way') throw circle(name)
    if (known) return known
    measured.set(name, 'under way')
    const fragment = fragments.get(name)
    const size = fragment ? ofSelections(fragment.selectionSet) : new Size()
    size.addDirectives(fragment?.directives)
    size.nesting += 1
    measured.set(name, size)
    return size
  }

  return ofSelections
}

const circle = (name: string) =>
  new GraphQLError(`The fragment ${name} spreads itself`, { extensions: { code: 'FRAGMENT_CYCLE' } })

const fragmentsOf = (document: DocumentNode) =>
  new Map(
    document.definitions
      .filter((each): each is FragmentDefinitionNode => each.kind === Kind.FRAGMENT_DEFINITION)
      .map(each => [each.name.value, each]),
  )

/** Counts the fields at the root, those of fragments too, and notes their names. There are no circles any more. */
function rootsOf(document: DocumentNode, set: SelectionSetNode, names: Set<string>): number {
  const fragments = fragmentsOf(document)
  const counted = new Map<string, number>()
  const count = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return sum + count(selection.selectionSet)
      if (selection.kind === Kind.FIELD) {
        names.add(selection.name.value)
        return sum + 1
      }
      const name = selection.name.value
      const fragment = fragments.get(name)
      if (!counted.has(name)) counted.set(name, fragment ? count(fragment.selectionSet) : 0)
      return sum + (counted.get(name) ?? 0)
    }, 0)
  return count(set)
}
