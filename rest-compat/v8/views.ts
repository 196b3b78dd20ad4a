import { LRUCache } from 'lru-cache'
import type { Catalog } from '../../schema/catalog.ts'
import type { Module } from '../../schema/module.ts'
import { moduleGraph, type ModuleGraph } from './graph.ts'
import { recordView, recordWriter, type RecordView, type RecordWriter } from './record.ts'
import type { Mode } from './values.ts'

/** Everything about the modules that requests need, prepared on first use and kept while the catalog stays. */
export type Views = {
  readonly catalog: Catalog
  readonly graph: (module: Module) => ModuleGraph
  /** How records of a module are written; see `recordWriter`. */
  readonly writer: (module: Module, mode: Mode, only: ReadonlySet<string> | undefined, indent: number) => RecordWriter
}

const writersMax = 1000

export function createViews(catalog: Catalog): Views {
  const graphs = new Map<Module, ModuleGraph>()
  const records = new Map<string, RecordView>()
  const writers = new LRUCache<string, RecordWriter>({ max: writersMax })

  const graph = (module: Module) => {
    let known = graphs.get(module)
    if (!known) graphs.set(module, (known = moduleGraph(catalog, module)))
    return known
  }
  const view = (module: Module, mode: Mode) => {
    const key = `${mode} ${module.name}`
    let known = records.get(key)
    if (!known) records.set(key, (known = recordView(module, graph(module), mode)))
    return known
  }
  return {
    catalog,
    graph,
    writer(module, mode, only, indent) {
      const key = `${mode} ${indent} ${module.name} ${only ? [...only].sort().join() : '*'}`
      let known = writers.get(key)
      if (!known) writers.set(key, (known = recordWriter(view(module, mode), only, indent)))
      return known
    },
  }
}
