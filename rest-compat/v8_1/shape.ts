import type { Catalog } from '../../schema/catalog.ts'
import { holdsFile } from '../../schema/input.ts'
import type { Link } from '../../schema/link.ts'
import { fieldOf, type Module } from '../../schema/module.ts'
import { moduleGraph } from '../v8/graph.ts'
import { adapterOf, type Adapter } from './attribute.ts'

/** What 8.1 shows and takes of one module. A resource's type is the module's name. */
export type Shape = {
  readonly module: Module
  readonly attributes: ReadonlyMap<string, Adapter>
  /** Attributes that a client can give. */
  readonly inputs: ReadonlyMap<string, Adapter>
  readonly links: ReadonlyMap<string, Link>
}

export type ShapeOf = (module: Module) => Shape

/** The shapes of a catalog's modules, each made once. */
export function shapesOf(catalog: Catalog): ShapeOf {
  const made = new Map<Module, Shape>()
  return module => {
    let shape = made.get(module)
    if (!shape) made.set(module, (shape = makeShape(catalog, module)))
    return shape
  }
}

function makeShape(catalog: Catalog, module: Module): Shape {
  const { outputs, inputs } = moduleGraph(catalog, module)
  const text = adapterOf({ kind: 'text' }, 'String')
  const adapt = (name: string, scalar: Parameters<typeof adapterOf>[1]) =>
    [name, adapterOf(fieldOf(module, name) ?? { kind: 'text' }, scalar)] as const
  return {
    module,
    attributes: new Map([...outputs].filter(([name]) => name !== 'id').map(([name, scalar]) => adapt(name, scalar))),
    inputs: new Map([
      ...[...inputs].filter(([name]) => name !== 'id').map(([name, scalar]) => adapt(name, scalar)),
      ...(holdsFile(module) ? [['filecontents', text] as const] : []),
    ]),
    links: new Map([...catalog.links(module)].filter(([name]) => !outputs.has(name))),
  }
}
