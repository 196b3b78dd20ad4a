import type { Module } from '../../schema/module.ts'
import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import * as operations from './operations.ts'
import { ParameterError, type FallbackOption, type Others } from './options.ts'
import * as parameters from './parameters.ts'
import { isNode } from './record.ts'
import { missing, notFoundText, run } from './run.ts'

/** The record that a relationship starts from. */
export type Source = { readonly module: Module; readonly id: string }

/**
 * The options that name the source record, and the module behind them.
 *
 * SuiteCRM reads the record before it looks at anything else; `ifSourceExists` gives that order without a read of its own
 * on the way that goes well.
 */
export function sourceOptions(call: Call) {
  const moduleOf = async (others: Others): Promise<Module> => {
    const name = String(await others.get('moduleName'))
    await others.get('id')
    const module = call.views.catalog.byAlias.get(name)
    if (!module) throw new ParameterError(`Module with name ${name} is not found`)
    return module
  }
  const sourceBean: FallbackOption<Source> = {
    type: 'string',
    allows: () => false,
    fallback: async others => ({ module: await moduleOf(others), id: String(await others.get('id')) }),
    normalize: () => {
      throw new ParameterError('The option "sourceBean" is invalid.')
    },
  }
  return { moduleOf, options: { moduleName: parameters.moduleName, id: parameters.id, sourceBean } }
}

/** Runs a handler; a parameter that it refuses only counts when the source record exists. */
export async function ifSourceExists(call: Call, handle: () => Promise<Answer>): Promise<Answer> {
  try {
    return await handle()
  } catch (error) {
    const source = error instanceof ParameterError ? sentSource(call) : undefined
    if (source && !(await exists(call, source))) throw await sourceMissing(call, source)
    throw error
  }
}

function sentSource({ sent, views }: Call): Source | undefined {
  const [name, id] = [sent.get('moduleName'), sent.get('id')]
  const module = typeof name === 'string' ? views.catalog.byAlias.get(name) : undefined
  return module && typeof id === 'string' && parameters.id.allows?.(id) ? { module, id } : undefined
}

async function exists({ views, context }: Call, { module, id }: Source) {
  const { r } = await run(context, operations.readOne(views.catalog, module, ['id']), { id })
  return isNode(r)
}

/** Refused among the parameters, as SuiteCRM reads the record there. */
export const sourceMissing = ({ context }: Call, { module, id }: Source) =>
  missing(context, module.name, new ParameterError(notFoundText(module.name, id)))
