import { HouseError } from '../../schema/errors.ts'
import type { Wanted } from '../../subgraphs/events/wanted.ts'

export type Query = Readonly<Record<string, unknown>>

/** What of the feed a query asks for: `?modules=Accounts,Contacts&types=*.deleted&ids=...`, also one parameter each. */
export const wantedIn = (query: Query): Wanted => ({
  modules: listOf(query, 'modules'),
  types: listOf(query, 'types'),
  ids: listOf(query, 'ids'),
})

function listOf(query: Query, name: string): string[] | undefined {
  const given = query[name]
  if (given === undefined) return undefined
  const texts = Array.isArray(given) ? given : [given]
  return texts.flatMap(text => String(text).split(',')).filter(text => text !== '')
}

export const textIn = (query: Query, name: string): string | undefined => {
  const given = query[name]
  if (Array.isArray(given)) throw refused(name, `${name} can be given once`)
  return given === undefined || given === '' ? undefined : String(given)
}

export function numberIn(query: Query, name: string, fallback: number): number {
  const text = textIn(query, name)
  if (text === undefined) return fallback
  if (!/^\d{1,9}$/.test(text)) throw refused(name, `${name} is a whole number`)
  return Number(text)
}

/** @throws BAD_REQUEST  a parameter that is misspelt would narrow nothing, and nobody would notice */
export function demandKnown(query: Query, known: readonly string[]) {
  const unknown = Object.keys(query).find(name => !known.includes(name))
  if (unknown !== undefined) throw refused(unknown, `There is no parameter ${unknown}; there are ${known.join(', ')}`)
}

const refused = (argument: string, message: string) => new HouseError('BAD_REQUEST', message, { argument })
