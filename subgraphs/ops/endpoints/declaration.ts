import { z } from 'zod'
import { HouseError } from '../../../schema/errors.ts'

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * What an endpoint answers, made of what its operation answered: a JSON Pointer (RFC 6901) to a part of it, an object of
 * shapes, or the shape of each member of a list.
 */
export type Shape = string | { readonly $each: string; readonly $as: Shape } | { readonly [field: string]: Shape }

/** A request with what is asked and answered. They are published with the endpoint. */
export type Example = {
  readonly name: string
  readonly path?: Values
  readonly query?: Values
  readonly body?: unknown
  readonly output?: unknown
}

type Values = Readonly<Record<string, unknown>>

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** `{name}` stands for a part of the address. */
const pathForm = /^\/custom(\/([\w.~-]{1,64}|\{[A-Za-z_]\w{0,63}\})){1,16}$/

const pointer = z
  .string()
  .max(500)
  .regex(/^(\/([^~]|~[01])*)?$/, 'is no JSON Pointer such as /account/name')
const schema = z.record(z.string(), z.unknown())
const values = z.record(z.string(), z.unknown())
const shape: z.ZodType<Shape> = z.lazy(() =>
  z.union([pointer, z.strictObject({ $each: pointer, $as: shape }), z.record(z.string().regex(/^[^$]/), shape)]),
)

/** The most that an operation may be priced at, as for any document at /graphql. */
export const costMost = 10_000

const declaration = z.strictObject({
  method: z.enum(methods),
  path: z.string().regex(pathForm, 'begins with /custom/ and has parts of letters, digits, . _ ~ - or {name}'),
  description: z.string().max(2_000).default(''),
  /** What may be sent, by where it stands. */
  input: z.strictObject({ path: schema.optional(), query: schema.optional(), body: schema.optional() }).default({}),
  /** One GraphQL operation with a name. */
  operation: z.string().min(1).max(20_000),
  /** Where variables come from, as pointers into `{ path, query, body, caller }`; the others by their name. */
  variables: z.record(z.string(), pointer).default({}),
  output: shape.default(''),
  /** Of what is answered, for those who read the reference and for examples. */
  outputSchema: schema.optional(),
  /** Where the operation's answer has null, the endpoint answers 404. */
  notFound: pointer.optional(),
  /** Of an answer that succeeds. */
  status: z.int().min(200).max(299).default(200),
  /** What a token needs besides the scopes of the operation's fields. */
  scopes: z.array(z.string()).max(50).default([]),
  /** A request that may cost more points is refused before it runs. */
  costMax: z.int().min(1).max(costMost).default(costMost),
  /** For so long the same caller is given the same answer. */
  cacheSeconds: z.int().min(0).max(3_600).default(0),
  examples: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100),
        path: values.optional(),
        query: values.optional(),
        body: z.unknown().optional(),
        output: z.unknown().optional(),
      }),
    )
    .max(20)
    .default([]),
})

/** An endpoint as an administrator declares it: no code, only what is asked and how it is answered. */
export type Declaration = z.infer<typeof declaration>

const charactersMax = 200_000

/** One thing that is wrong with a declaration, and where. */
export type DeclarationFault = { readonly pointer: string; readonly message: string }

/**
 * Reads a declaration as it is written in a file or a request.
 *
 * @throws INVALID  it is none; every fault is named with the place where it is
 */
export function readDeclaration(given: unknown): Declaration {
  if ((JSON.stringify(given) ?? '').length > charactersMax)
    throw refused([{ pointer: '', message: `has more than ${charactersMax} characters` }])
  const read = declaration.safeParse(given)
  if (read.success) return read.data
  throw refused(
    read.error.issues.map(({ path, message }) => ({ pointer: path.map(part => `/${String(part)}`).join(''), message })),
  )
}

/** A declaration that was stored, which was read before. */
export const storedDeclaration = (stored: unknown): Declaration => declaration.parse(stored)

/** Refuses a declaration for all that is wrong with it. */
export const refused = (faults: readonly DeclarationFault[]) =>
  new HouseError('INVALID', `The endpoint cannot be saved: ${faults.map(inWords).join('; ')}`, {
    field: 'declaration',
    faults: faults.map(inWords),
  })

export const inWords = ({ pointer, message }: DeclarationFault) => `${pointer || 'the declaration'} ${message}`

/** The names in a path, in order. */
export const namesIn = (path: string): readonly string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)

/** What two endpoints of one method may not share: the path without the names in it. */
export const pathKeyOf = (path: string) => path.replace(/\{\w+\}/g, '{}')

/** Does the method promise to change nothing? */
export const isSafe = ({ method }: Pick<Declaration, 'method'>) => method === 'GET'
