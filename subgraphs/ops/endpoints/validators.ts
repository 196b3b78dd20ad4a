import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { namesIn, type Declaration, type DeclarationFault, type JsonSchema } from './declaration.ts'

/** Where what is sent stands. */
export const places = ['path', 'query', 'body'] as const
export type Place = (typeof places)[number]

/** What checks and completes each part of a request, and what is answered. */
export type Validators = {
  readonly [place in Place]: ValidateFunction | undefined
} & { readonly output: ValidateFunction | undefined }

const known = new WeakMap<Declaration, Validators>()

/**
 * The validators of a declaration. Text of the address becomes the number, truth value or list that the schema names;
 * defaults are filled in. An address has no members but those that are named.
 *
 * @throws Error  a schema is none; `checkSchemas` says so before anything is stored
 */
export function validatorsOf(declaration: Declaration): Validators {
  let made = known.get(declaration)
  if (!made) {
    const { input, outputSchema } = declaration
    made = {
      path: compiled(pathSchemaOf(declaration), true),
      query: compiled(querySchemaOf(declaration), true),
      body: input.body && compiled(input.body, false),
      output: outputSchema && compiled(outputSchema, false),
    }
    known.set(declaration, made)
  }
  return made
}

/** Every name of the path must be there; without a schema it is text. */
export const pathSchemaOf = ({ path, input }: Declaration): JsonSchema => {
  const names = [...new Set(namesIn(path))]
  const properties = Object.fromEntries(names.map(name => [name, { type: 'string' }]))
  const given = propertiesOf(input.path)
  return { type: 'object', ...input.path, properties: { ...properties, ...given }, required: names }
}

export const querySchemaOf = ({ input }: Declaration): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  ...input.query,
})

export const propertiesOf = (schema: JsonSchema | undefined): Readonly<Record<string, JsonSchema>> => {
  const properties = schema?.properties
  return typeof properties === 'object' && properties !== null ? (properties as Record<string, JsonSchema>) : {}
}

function compiled(schema: JsonSchema, isText: boolean): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors: !isText,
    coerceTypes: isText ? 'array' : false,
    useDefaults: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    validateFormats: true,
    logger: false,
  })
  addFormats.default(ajv)
  return ajv.compile(schema)
}

/** What is wrong with the schemas themselves. */
export function checkSchemas(declaration: Declaration): DeclarationFault[] {
  const { input, outputSchema } = declaration
  const all: readonly (readonly [string, JsonSchema | undefined])[] = [
    ['/input/path', input.path && pathSchemaOf(declaration)],
    ['/input/query', input.query && querySchemaOf(declaration)],
    ['/input/body', input.body],
    ['/outputSchema', outputSchema],
  ]
  return all.flatMap(([pointer, schema]) => {
    if (!schema) return []
    try {
      compiled(schema, false)
      return []
    } catch (error) {
      return [{ pointer, message: `is no JSON Schema: ${error instanceof Error ? error.message : String(error)}` }]
    }
  })
}

/** What is wrong with a value, each with a pointer to where. */
export const faultsOf = (validate: ValidateFunction, base: string): DeclarationFault[] =>
  (validate.errors ?? []).map(error => ({ pointer: `${base}${placeOf(error)}`, message: wordsOf(error) }))

/** Points to the member that is missing or too much, rather than to what it is missing in. */
const placeOf = ({ instancePath, params }: ErrorObject) => {
  const { missingProperty, additionalProperty } = params as Readonly<Record<string, unknown>>
  const name = missingProperty ?? additionalProperty
  return typeof name === 'string' ? `${instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : instancePath
}

function wordsOf({ keyword, message = 'is not valid', params }: ErrorObject): string {
  if (keyword === 'required') return 'is missing'
  if (keyword === 'additionalProperties') return 'is not known'
  const { allowedValues } = params as { allowedValues?: readonly unknown[] }
  return allowedValues ? `${message}: ${allowedValues.map(value => JSON.stringify(value)).join(', ')}` : message
}
