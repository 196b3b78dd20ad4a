import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { stamp, type SubgraphText } from './supergraph-text.ts'

/**
 * Composes subgraphs into the text of a supergraph. Blocks for half a second with 40 modules.
 *
 * The first line names what it was made from, so that a start can tell whether it still fits.
 *
 * @throws Error that lists what the subgraphs do not agree on
 */
export function compose(subgraphs: readonly SubgraphText[]): string {
  const services = subgraphs.map(({ name, sdl }) => ({ name, url: `switchyard://${name}`, typeDefs: parse(sdl) }))
  const { supergraphSdl, errors } = composeServices(services)
  if (!supergraphSdl) throw new Error((errors ?? []).map(error => error.message).join('\n'))
  return `${stamp(subgraphs)}\n${supergraphSdl}`
}
