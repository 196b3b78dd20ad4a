import { isNode, type Node } from '../v8/record.ts'

/** The records of a connection of the graph. */
export const nodesOf = (connection: unknown): readonly Node[] =>
  isNode(connection) && Array.isArray(connection['nodes']) ? connection['nodes'].filter(isNode) : []

/** What a connection says of its page. */
export function pageInfoOf(connection: unknown) {
  const info = isNode(connection) && isNode(connection['pageInfo']) ? connection['pageInfo'] : {}
  const cursor = (name: string) => (typeof info[name] === 'string' ? info[name] : undefined)
  return { hasNextPage: info['hasNextPage'] === true, start: cursor('startCursor'), end: cursor('endCursor') }
}
