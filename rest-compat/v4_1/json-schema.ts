/** A schema of OpenAPI 3.0. */
export type JsonSchema = Readonly<Record<string, unknown>>

export type JsonSchemas = Readonly<Record<string, JsonSchema>>

export const reference = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })

export const text: JsonSchema = { type: 'string' }

export const count: JsonSchema = { type: 'integer', minimum: 0 }

export const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })

/** PHP's empty array, where there would be an object. */
export const nothing: JsonSchema = { type: 'array', maxItems: 0, items: {} }

/** An object by name, or PHP's empty array. */
export const byName = (value: JsonSchema): JsonSchema => ({
  anyOf: [{ type: 'object', additionalProperties: value }, nothing],
})

/** Each alternative once. */
export const anyOf = (...schemas: readonly JsonSchema[]): JsonSchema => ({
  anyOf: [...new Map(schemas.map(schema => [JSON.stringify(schema), schema])).values()],
})

/** An object with exactly these properties. */
export const object = (properties: JsonSchemas, optional: readonly string[] = []): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties).filter(name => !optional.includes(name)),
  additionalProperties: false,
  properties,
})
