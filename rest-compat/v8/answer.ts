import { prettyJson } from './json.ts'

/** What the gateway sends, as it is. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The text, whole or in pieces. */
  readonly body: string | readonly string[]
}

/** On every answer below /Api, also on errors and on the token endpoint. */
export const corsHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST, PATCH, GET, OPTIONS, PUT, DELETE',
  'access-control-allow-headers': 'Content-Type, Access-Control-Allow-Headers, Authorization, X-Requested-With',
}

const mediaType = 'application/vnd.api+json'

// SuiteCRM names its media type in a response header `Accept` too; clients were seen to log it, none to need it.
const documentHeaders = { ...corsHeaders, accept: mediaType, 'content-type': mediaType }
const parameterHeaders = { ...corsHeaders, 'content-type': 'application/json' }

/** A document, already written as JSON text. */
export const documentAnswer = (status: number, body: Answer['body']): Answer => ({
  status,
  headers: documentHeaders,
  body,
})

/** A document that only has something to say. */
export const messageAnswer = (status: number, meta: Readonly<Record<string, unknown>>): Answer =>
  documentAnswer(status, prettyJson({ meta, data: [] }))

/** SuiteCRM's error document: one object, not JSON:API's list. */
export const errorBody = (status: number, detail: string) => prettyJson({ errors: { status, title: null, detail } })

/** A parameter was refused before anything was done: plain application/json. */
export const parameterErrorAnswer = (detail: string): Answer => ({
  status: 400,
  headers: parameterHeaders,
  body: errorBody(400, detail),
})

/** Something was refused while it was done. */
export const errorAnswer = (
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { ...documentHeaders, ...headers },
  body: errorBody(status, detail),
})

/** 429, with what a client needs to know of the limit. */
export function limitAnswer(detail: string, problem: Readonly<Record<string, unknown>>): Answer {
  const errors = { status: 429, title: null, detail, ...problem }
  return { status: 429, headers: documentHeaders, body: prettyJson({ errors }) }
}

/** Answers of the router itself, in the form that the client accepts: XML, else JSON. */
export function routerAnswer(status: 404 | 405, message: string, accept: string, allow?: string): Answer {
  const xml = /application\/xml|text\/xml/.test(accept) && !/json/.test(accept)
  return {
    status,
    headers: {
      ...corsHeaders,
      ...(allow ? { allow } : {}),
      'content-type': xml ? 'application/xml' : 'application/json',
    },
    body: xml ? `<root><message>${message}</message></root>` : JSON.stringify({ message }),
  }
}

/** What OPTIONS answers on a path that exists, without authentication. */
export const optionsAnswer = (allow: string): Answer => ({
  status: 200,
  headers: { ...corsHeaders, allow, 'content-type': 'text/plain;charset=UTF-8' },
  body: `Allowed methods: ${allow}`,
})
