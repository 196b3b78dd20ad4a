import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { errors, type Interaction, type InteractionResults } from 'oidc-provider'
import { HouseError } from '../../schema/errors.ts'
import type { Answer } from './ask.ts'
import { grantAll } from './grant.ts'
import type { Identity } from './identity.ts'
import { consentPage, errorPage, loginPage, pageHeaders } from './pages.ts'
import { routes } from './provider.ts'
import { suitecrmScope } from './suitecrm-token.ts'

type Doors = Pick<Identity, 'ask' | 'provider' | 'passwords' | 'users' | 'consents' | 'secrets'>

/** `GET /Api/authorize`: where SuiteCRM's clients send a browser to. */
export const authorizeDoor = (identity: Doors) => (request: FastifyRequest, reply: FastifyReply) => {
  const query = new URLSearchParams(request.url.split('?')[1] ?? '')
  if (!query.get('scope')) query.set('scope', suitecrmScope)
  return forward(identity, request, reply, `${routes.authorization}?${query.toString()}`)
}

/** What oidc-provider itself serves on the way: coming back from a page, and changing to another user. */
export const forwardDoor = (identity: Doors) => (request: FastifyRequest, reply: FastifyReply) =>
  forward(identity, request, reply, request.url)

async function forward({ ask }: Doors, request: FastifyRequest, reply: FastifyReply, url: string) {
  const headers = {
    ...request.headers,
    'x-forwarded-proto': request.protocol,
    'x-forwarded-host': request.host,
  }
  const form = request.method === 'POST' ? { form: formOf(request) } : {}
  return send(reply, await ask({ method: request.method === 'POST' ? 'POST' : 'GET', url, headers, ...form }))
}

function send(reply: FastifyReply, { status, headers, body }: Answer) {
  const { 'content-length': _length, ...rest } = headers
  return reply.code(status).headers(rest).send(Buffer.from(body))
}

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
  if (form.always) await consents.remember(clientId, accountId)
  const grant = await grantAll(provider, clientId, accountId)
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
  return consentPage({ ...shared, userName: user?.name ?? '', redirectHost: hostOf(String(params.redirect_uri)) })
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
