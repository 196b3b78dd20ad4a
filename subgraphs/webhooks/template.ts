import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { Liquid, type Template } from 'liquidjs'
import type { JsonSchema } from './payload.ts'

/** A template that has been read, and what it makes of the values of an event. */
export type CompiledTemplate = {
  /** @throws TemplateFault  it takes too long, or makes what the schema does not allow */
  readonly render: (values: Readonly<Record<string, unknown>>) => string
}

/** What is wrong with a template or what it makes, in words for who wrote it. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault'
}

/** A template may take so long; one of a hundred fields takes under a millisecond. */
const renderMsMax = 200
const renderedCharactersMax = 1_000_000

/** No files, no other templates, nothing of the values' prototypes. */
const engine = new Liquid({
  templates: {},
  ownPropertyOnly: true,
  strictFilters: true,
  strictVariables: false,
  parseLimit: 100_000,
  renderLimit: renderMsMax,
  memoryLimit: 10_000_000,
  cache: false,
  jsTruthy: false,
})

/**
 * Reads a template.
 *
 * @throws TemplateFault  it is no Liquid, or the schema is none
 */
export function compileTemplate(
  text: string,
  mediaType: string,
  outputSchema: JsonSchema | undefined,
): CompiledTemplate {
  const template = attempt(() => engine.parse(text))
  const validate = outputSchema && schemaOf(outputSchema)
  const isJson = /[/+]json$/.test(mediaType)
  return {
    render(values) {
      const made = attempt(() => rendered(template, values))
      if (made.length > renderedCharactersMax) throw new TemplateFault(`It made ${made.length} characters`)
      if (isJson) checkJson(made, validate)
      return made
    },
  }
}

const rendered = (template: Template[], values: Readonly<Record<string, unknown>>): string =>
  String(engine.renderSync(template, values))

function checkJson(made: string, validate: ValidateFunction | undefined) {
  let value: unknown
  try {
    value = JSON.parse(made)
  } catch {
    throw new TemplateFault('It made what is no JSON; "{{ value | json }}" writes a value as JSON')
  }
  if (!validate || validate(value)) return
  const faults = (validate.errors ?? []).slice(0, 5).map(fault => `${fault.instancePath || '/'} ${fault.message ?? ''}`)
  throw new TemplateFault(`It made what the schema does not allow: ${faults.join('; ')}`)
}

function schemaOf(schema: JsonSchema): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false, logger: false })
  addFormats.default(ajv)
  try {
    return ajv.compile(schema)
  } catch (error) {
    throw new TemplateFault(`outputSchema is no JSON Schema: ${wordsOf(error)}`)
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof TemplateFault) throw error
    throw new TemplateFault(wordsOf(error))
  }
}

/** Without the excerpt of the template that liquidjs adds. */
const wordsOf = (error: unknown) => (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
