/** An access token. It is kept for this browser tab only. */
export type Token = { readonly text: string }

export type Credentials = {
  readonly clientId: string
  readonly secret: string
  /** With a user, the password grant; without, the client acts for itself. */
  readonly user?: string
  readonly password?: string
}

const place = 'switchyard.token'

export function recall(): Token | undefined {
  const text = sessionStorage.getItem(place)
  return text ? { text } : undefined
}

export const remember = ({ text }: Token) => sessionStorage.setItem(place, text)

export const forget = () => sessionStorage.removeItem(place)

/** How to sign in to a house with demo data; the server tells it to browsers on its own machine only. */
export const demo = settings().demo

function settings(): { readonly demo?: Credentials } {
  const text = document.getElementById('settings')?.textContent
  return text ? (JSON.parse(text) as { demo?: Credentials }) : {}
}

/** A token, or in words why there is none. */
export async function tokenFor({ clientId, secret, user, password }: Credentials): Promise<Token | string> {
  if (!clientId) return 'Give a client id and its secret, or a token.'
  const body = new URLSearchParams({ client_id: clientId, client_secret: secret })
  if (user) {
    body.set('grant_type', 'password')
    body.set('username', user)
    body.set('password', password ?? '')
  } else body.set('grant_type', 'client_credentials')
  try {
    const response = await fetch('/Api/access_token', { method: 'POST', body })
    const answer = (await response.json()) as { access_token?: string; error?: string; message?: string; hint?: string }
    return answer.access_token ? { text: answer.access_token } : wordsFor(answer)
  } catch {
    return 'The server does not answer.'
  }
}

const wordsFor = ({ error, message, hint }: { error?: string; message?: string; hint?: string }) =>
  error === 'invalid_client'
    ? 'The client id, its secret or its grant is not right.'
    : (hint ?? message ?? 'That did not work.')

/** The user behind a token; undefined when it is no longer good. */
export async function whoIs({ text }: Token): Promise<string | undefined> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${text}` },
    body: '{"query":"{ me { user_name } }"}',
  }).catch(() => undefined)
  if (response?.status === 401) return undefined
  const answer = (await response?.json().catch(() => undefined)) as
    { data?: { me?: { user_name?: string } } } | undefined
  return answer?.data?.me?.user_name ?? 'signed in'
}
