import { isLink, type Field } from '../../schema/field.ts'
import type { Module } from '../../schema/module.ts'
import { computedOf } from './computed.ts'
import type { ModuleGraph } from './graph.ts'
import { jsonText } from './json.ts'
import { linkFillers, relationshipLinks, type Filler } from './links.ts'
import { encoderOf, type Mode, type ReadStyle } from './values.ts'

/** A record as the graph answers it. */
export type Node = Readonly<Record<string, unknown>>

export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

type Write = (node: Node, style: ReadStyle) => string

type Attribute = { readonly name: string; readonly needs: readonly string[]; readonly write: Write | string }

/** One module as V8 shows it, prepared once. */
export type RecordView = {
  readonly module: Module
  readonly graph: ModuleGraph
  readonly attributes: readonly Attribute[]
  readonly relationships: readonly (readonly [module: string, link: string])[]
}

/**
 * Prepares how a module's records are written.
 *
 * @param mode  see `Mode`; `raw` shows what other modes hide, except the password
 */
export function recordView(module: Module, graph: ModuleGraph, mode: Mode): RecordView {
  const fillers = linkFillers(module)
  const computed = computedOf(module)
  const attributes = Object.entries(module.fields)
    .filter(([name, field]) => (mode === 'raw' ? name !== 'user_hash' : isShown(name, field)))
    .map(([name, field]): Attribute => {
      const own = computed[name]
      if (own) return { name, needs: own.needs.filter(need => graph.outputs.has(need)), write: own.write }
      if (isLink(field)) return linkAttribute(name, fillers.get(name), graph)
      const scalar = graph.outputs.get(name)
      if (scalar === undefined) return { name, needs: [], write: '""' }
      const encode = encoderOf(name, field, scalar, mode)
      return { name, needs: [name], write: (node, style) => encode(node[name], style) }
    })
  return { module, graph, attributes, relationships: relationshipLinks(module) }
}

/** Is the field among a record's attributes? Its id stands beside them; secrets and hidden fields are never shown. */
const isShown = (name: string, field: Field) => name !== 'id' && field.visible !== false && !field.sensitive

function linkAttribute(name: string, filler: Filler | 'always' | undefined, graph: ModuleGraph): Attribute {
  if (filler === undefined) return { name, needs: [], write: '""' }
  if (filler === 'always') return { name, needs: [], write: '{}' }
  const needs = [filler.name, ...(filler.idCounts ? [filler.idName] : [])].filter(need => graph.outputs.has(need))
  return { name, needs, write: node => (needs.every(need => !node[need]) ? '{}' : '""') }
}

/** What a record is written with besides itself. */
export type Surroundings = {
  readonly style: ReadStyle
  /** Where the record is, for its relationships. */
  readonly path?: string
  /** Where the record is, for its own link; such records show no relationships. */
  readonly self?: string
}

export type RecordWriter = {
  /** What has to be selected, sorted. */
  readonly fields: readonly string[]
  readonly write: (node: Node, surroundings: Surroundings) => string
}

/**
 * Prepares the text of records with these attributes (all of them without `only`).
 *
 * The text between the values never changes, so it is joined once; a record is then a row of values put in between.
 * Against JSON.stringify of an object that is built first this takes about a third of the time.
 *
 * @param indent  how deep the record stands in its document
 */
export function recordWriter(view: RecordView, only: ReadonlySet<string> | undefined, indent: number): RecordWriter {
  const shown = only ? view.attributes.filter(({ name }) => only.has(name)) : view.attributes
  const [outer, inner, deep] = [' '.repeat(indent), ' '.repeat(indent + 4), ' '.repeat(indent + 8)]

  const before: string[] = []
  const writes: Write[] = []
  let constant = shown.length ? `{\n` : '['
  shown.forEach(({ name, write }, i) => {
    constant += `${i ? ',\n' : ''}${deep}${jsonText(name)}: `
    if (typeof write === 'string') constant += write
    else {
      before.push(constant)
      writes.push(write)
      constant = ''
    }
  })
  constant += shown.length ? `\n${inner}}` : ']'

  const relationships = relationshipsText(view, inner).split(pathMark)
  const head = `{\n${inner}"type": ${jsonText(view.module.objectName)},\n${inner}"id": `
  const attributes = `,\n${inner}"attributes": `
  return {
    fields: [...new Set(['id', ...shown.flatMap(({ needs }) => needs)])].sort(),
    write(node, { style, path, self }) {
      let text = head + jsonText(String(node['id'])) + attributes
      for (let i = 0; i < writes.length; i++) text += (before[i] ?? '') + (writes[i]?.(node, style) ?? '')
      text += constant
      if (path !== undefined) text += `,\n${inner}"relationships": ${relationships.join(escaped(path))}`
      if (self !== undefined) text += `,\n${inner}"links": {\n${deep}"self": ${jsonText(self)}\n${inner}}`
      return `${text}\n${outer}}`
    },
  }
}

const pathMark = '\0'

/** A text as it stands between the quotes of a JSON string. */
const escaped = (text: string) => jsonText(text).slice(1, -1)

function relationshipsText({ relationships }: RecordView, inner: string): string {
  if (relationships.length === 0) return '[]'
  const [a, b, c] = [`${inner}    `, `${inner}        `, `${inner}            `]
  const links = relationships.map(
    ([module, link]) =>
      `${a}${jsonText(module)}: {\n${b}"links": {\n${c}"related": "${pathMark}/relationships/${escaped(link)}"\n${b}}\n${a}}`,
  )
  return `{\n${links.join(',\n')}\n${inner}}`
}
