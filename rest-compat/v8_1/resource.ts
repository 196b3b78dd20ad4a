import { isMany } from '../../schema/link.ts'
import { isNode, type Node } from '../v8/record.ts'
import { nodesOf } from './nodes.ts'
import type { Wanted } from './wanted.ts'

/** One record of a document, with every place where the graph answered it. */
type Entry = { readonly places: { readonly node: Node; readonly wanted: Wanted }[] }

/** The resources of one document, as JSON text. */
export type Resources = {
  /** Takes in what the document is about. */
  add(node: Node, wanted: Wanted): void
  /** Those that were added, then all that they include, each once however many links lead there. */
  write(base: string): { readonly primary: readonly string[]; readonly included: readonly string[] }
}

export function collectResources(): Resources {
  const primary = new Map<string, Entry>()
  const included = new Map<string, Entry>()

  function addTo(entries: Map<string, Entry>, node: Node, wanted: Wanted) {
    const key = `${wanted.shape.module.name} ${String(node['id'])}`
    const known = primary.get(key) ?? entries.get(key)
    if (known) known.places.push({ node, wanted })
    else entries.set(key, { places: [{ node, wanted }] })
  }
  function follow(node: Node, wanted: Wanted) {
    for (const [name, inner] of wanted.includes)
      for (const target of targetsOf(node[name])) {
        addTo(included, target, inner)
        follow(target, inner)
      }
  }
  return {
    add: (node, wanted) => addTo(primary, node, wanted),
    write(base) {
      for (const { places } of [...primary.values()]) for (const { node, wanted } of [...places]) follow(node, wanted)
      const texts = (entries: Map<string, Entry>) => [...entries.values()].map(entry => resourceText(entry, base))
      return { primary: texts(primary), included: texts(included) }
    },
  }
}

/** The records that a link of a node leads to, whichever kind the link is. */
const targetsOf = (value: unknown): readonly Node[] =>
  isNode(value) && 'nodes' in value ? nodesOf(value) : isNode(value) ? [value] : []

function resourceText({ places }: Entry, base: string): string {
  const [first] = places
  if (!first) return 'null'
  const { node, wanted } = first
  const { name } = wanted.shape.module
  const id = String(node['id'])
  const self = addressOf(base, name, id)
  let text = `{"type":${JSON.stringify(name)},"id":${JSON.stringify(id)}`
  text += `,"attributes":{${attributesText(node, wanted)}}`
  if (wanted.relationships.length > 0) text += `,"relationships":{${relationshipsText(places, wanted, self)}}`
  return `${text},"links":{"self":${JSON.stringify(self)}},"meta":{"version":${Number(node['record_version'])}}}`
}

function attributesText(node: Node, { shape, attributes }: Wanted): string {
  let text = ''
  for (const name of attributes)
    text += `${text === '' ? '' : ','}"${name}":${shape.attributes.get(name)?.up(node[name]) ?? 'null'}`
  return text
}

function relationshipsText(places: Entry['places'], { shape, relationships }: Wanted, self: string): string {
  const address = JSON.stringify(self).slice(1, -1)
  let text = ''
  for (const name of relationships) {
    const place = places.find(({ wanted }) => wanted.includes.has(name))
    const answered = place?.node[name]
    const target = shape.links.get(name)?.target.name ?? ''
    const page = isNode(answered) && 'nodes' in answered ? answered : undefined
    const more = isNode(page?.['pageInfo']) && page['pageInfo']['hasNextPage'] === true
    text += `${text === '' ? '' : ','}"${name}":{"links":{"self":"${address}/relationships/${name}","related":"${address}/${name}"`
    if (more) text += `,"next":"${address}/relationships/${name}?page%5Bsize%5D=200"`
    text += '}'
    if (place) text += `,"data":${linkageText(target, answered, isManyAt(shape.links.get(name)))}`
    text += '}'
  }
  return text
}

const isManyAt = (link: Parameters<typeof isMany>[0] | undefined) => link !== undefined && isMany(link)

function linkageText(type: string, answered: unknown, many: boolean): string {
  const identifiers = targetsOf(answered).map(({ id }) => identifierText(type, String(id)))
  return many ? `[${identifiers.join()}]` : (identifiers[0] ?? 'null')
}

/** What names a record in a link. */
export const identifierText = (type: string, id: string) =>
  `{"type":${JSON.stringify(type)},"id":${JSON.stringify(id)}}`

/** Where a record is. */
export const addressOf = (base: string, module: string, id: string) =>
  `${base}/module/${module}/${encodeURIComponent(id)}`
