import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { errors, type Interaction, type InteractionResults } from 'oidc-provider'
import { z } from 'zod'
import { HouseError } from '../../schema/errors.ts'
import { wordsForScope } from '../../schema/scopes.ts'
import { noteOf } from '../log.ts'
import type { Answer } from './ask.ts'
import { prefill } from './device-pages.ts'
import { grantAsked } from './grant.ts'
import type { Identity } from './identity.ts'
import { consentPage, errorPage, loginPage, pageHeaders } from './pages.ts'
import { routes } from './provider.ts'
import { resourceScopesOf } from './resources.ts'
import { suitecrmScope } from './suitecrm-token.ts'

type Doors = Pick<Identity, 'ask' | 'provider' | 'passwords' | 'users' | 'consents' | 'secrets'>

/** `GET /Api/authorize`: where SuiteCRM's clients send a browser to. */
export const authorizeDoor = (identity: Doors) => (request: FastifyRequest, reply: FastifyReply) => {
  const query = new URLSearchParams(request.url.split('?')[1] ?? '')
  // SuiteCRM takes an empty scope for none.
  if (!query.get('scope')) query.delete('scope')
  return forward(identity, request, reply, `${routes.authorization}?${query.toString()}`)
}

/** What oidc-provider itself serves to browsers: on the way to a code, and for a device. */
export const forwardDoor = (identity: Doors) => (request: FastifyRequest, reply: FastifyReply) =>
  forward(identity, request, reply, request.url)

/** `GET /oauth/device`: a link with the code in it fills in the form. */
export const deviceDoor = (identity: Doors) => (request: FastifyRequest, reply: FastifyReply) => {
  const code = new URLSearchParams(request.url.split('?')[1] ?? '').get('user_code')
  const query = code === null ? '' : `?${new URLSearchParams({ [prefill]: code }).toString()}`
  return forward(identity, request, reply, routes.code_verification + query)
}

async function forward({ ask }: Doors, request: FastifyRequest, reply: FastifyReply, url: string) {
  const headers = {
    ...request.headers,
    'x-forwarded-proto': request.protocol,
    'x-forwarded-host': request.host,
    'x-forwarded-for': request.ip,
  }
  const isForm = request.method === 'POST' && Buffer.isBuffer(request.body)
  const body = isForm && Buffer.isBuffer(request.body) ? { body: request.body } : {}
  return send(reply, await ask({ method: request.method === 'POST' ? 'POST' : 'GET', url, headers, ...body }))
}

/** Sends on what oidc-provider answered, and leaves for the log what it did not tell the caller. */
export function send(reply: FastifyReply, { status, headers, body, error, clientId, userId }: Answer) {
  const { 'content-length': _length, ...rest } = headers
  const { error: code, error_detail: reason } = refusal.safeParse(error).data ?? {}
  Object.assign(noteOf(reply.request), { clientId, userId, ...(status < 400 ? {} : { code, reason }) })
  return reply.code(status).headers(rest).send(Buffer.from(body))
}

const refusal = z.object({ error: z.string(), error_detail: z.string().optional() })

/** The page for the step that an authorization waits for: signing in, or agreeing. */
export const interactionPage = (identity: Doors) => async (request: FastifyRequest, reply: FastifyReply) => {
  const interaction = await interactionOf(identity, request, reply)
  if (!interaction) return sendPage(reply, 400, errorPage(expired))
  return sendPage(reply, 200, await pageFor(identity, interaction))
}

/** What the user answered to {@link interactionPage}. */
export const interactionAnswer = (identity: Doors) => async (request: FastifyRequest, reply: FastifyReply) => {
  const interaction = await interactionOf(identity, request, reply)
  const form = formOf(request)
  if (!interaction || !isOurForm(identity, interaction, form)) return sendPage(reply, 400, errorPage(expired))

  const result = await resultOf(identity, interaction, form)
  if (typeof result === 'string') {
    const page = await pageFor(identity, interaction, { userName: form.name ?? '', problem: result })
    return sendPage(reply, 401, page)
  }
  return reply.redirect(await identity.provider.interactionResult(request.raw, reply.raw, result), 303)
}

const expired = 'This page has expired, or cookies are switched off.'

/** What goes back to oidc-provider, or what to tell the user. */
async function resultOf(
  { provider, passwords, consents }: Doors,
  { prompt, params, session }: Interaction,
  form: Record<string, string>,
): Promise<InteractionResults | string> {
  if (form.answer === 'abort') return { error: 'access_denied', error_description: 'The user denied the request' }

  if (prompt.name === 'login') {
    try {
      const user = await passwords.signIn(form.name ?? '', { plain: form.password ?? '' })
      return user ? { login: { accountId: user.id, remember: false } } : 'User name or password is wrong.'
    } catch (error) {
      if (error instanceof HouseError && error.code === 'RATE_LIMITED') return 'Too many logins at once. Try again.'
      throw error
    }
  }

  const { accountId } = session ?? {}
  if (prompt.name !== 'consent' || !accountId || form.answer !== 'allow') return 'Please answer again.'
  const clientId = String(params.client_id)
  const { scope, resource } = params
  if (form.always) await consents.remember(clientId, accountId, String(scope ?? '').split(' '))
  const grant = await grantAsked(provider, { clientId, accountId, scope, resource })
  return { consent: { grantId: grant.jti } }
}

async function pageFor(
  identity: Doors,
  interaction: Interaction,
  typed: { userName?: string; problem?: string } = {},
): Promise<string> {
  const { prompt, params, session, uid } = interaction
  const client = await identity.provider.Client.find(String(params.client_id))
  const shared = {
    clientName: client?.clientName ?? String(params.client_id),
    action: `${routes.interaction}/${uid}`,
    token: formToken(identity, interaction),
  }
  if (prompt.name === 'login' || !session) return loginPage({ ...shared, ...typed })
  const user = await identity.users.find(session.accountId)
  const redirect = params.redirect_uri === undefined ? {} : { redirectHost: hostOf(String(params.redirect_uri)) }
  return consentPage({ ...shared, ...redirect, userName: user?.name ?? '', wishes: wishesOf(params.scope) })
}

/** What is asked for, in words. SuiteCRM's clients ask for nothing in particular. */
function wishesOf(scope: unknown) {
  const scopes = resourceScopesOf(scope).filter(name => name !== suitecrmScope)
  const login = String(scope).split(' ').includes('openid') ? ['Know who you are'] : []
  return [...login, ...scopes.map(wordsForScope)]
}

/** The interaction that the path names, when it is also the one that the browser's cookie holds. */
async function interactionOf({ provider }: Doors, request: FastifyRequest, reply: FastifyReply) {
  const { uid } = request.params as { uid?: string }
  try {
    const interaction = await provider.interactionDetails(request.raw, reply.raw)
    return interaction.uid === uid ? interaction : undefined
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined
    throw error
  }
}

const sendPage = (reply: FastifyReply, status: number, page: string) =>
  reply.code(status).headers(pageHeaders).send(Buffer.from(page))

/** Another site can neither read nor guess it, so it cannot post our forms. */
const formToken = ({ secrets }: Doors, { uid }: Interaction) =>
  createHmac('sha256', secrets.derive('interaction forms')).update(uid).digest('base64url')

function isOurForm(identity: Doors, interaction: Interaction, { token = '' }: Record<string, string>) {
  const expected = Buffer.from(formToken(identity, interaction))
  const actual = Buffer.from(token)
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}

const formOf = ({ body }: FastifyRequest): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(Buffer.isBuffer(body) ? body.toString('utf8') : ''))

/** Where the browser goes next, as far as a person can judge it. */
const hostOf = (url: string) => {
  const parsed = URL.parse(url)
  return parsed?.host || parsed?.protocol || url
}
