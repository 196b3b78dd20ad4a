import type { Client, KoaContextWithOIDC } from 'oidc-provider'
import { codePage, devicePage, messagePage, pageHeaders } from './pages.ts'

/** Our pages of the device flow; oidc-provider calls them, checks their forms, and goes on to sign-in and consent. */
export const devicePages = {
  deviceInfo: (ctx: KoaContextWithOIDC) => ({ ip: ctx.ip }),
  userCodeInputSource(ctx: KoaContextWithOIDC, form: string, _out?: unknown, error?: Error) {
    const typed = error && 'userCode' in error ? String(error.userCode) : undefined
    if (error?.name === 'AbortedError') return show(ctx, messagePage('Cancelled', 'The device was not connected.'))
    const code = typed ?? String(ctx.query[prefill] ?? '').slice(0, 20)
    const problem = error && problemOf(error.name)
    show(ctx, codePage({ ...partsOf(form), code, ...(problem && { problem }) }), error ? 400 : 200)
  },
  userCodeConfirmSource(
    ctx: KoaContextWithOIDC,
    form: string,
    client: Client,
    deviceInfo: Record<string, unknown>,
    code: string,
  ) {
    const clientName = client.clientName ?? client.clientId
    const address = typeof deviceInfo.ip === 'string' ? deviceInfo.ip : undefined
    show(ctx, devicePage({ ...partsOf(form), clientName, code, ...(address && { address }) }))
  },
  successSource(ctx: KoaContextWithOIDC) {
    show(ctx, messagePage('Connected', 'The device is connected. You can close this page.'))
  },
}

/**
 * The parameter that fills in the code on the page. oidc-provider's own `user_code` would send the form by a script
 * without asking, and our pages run none.
 */
export const prefill = 'code'

function show(ctx: KoaContextWithOIDC, page: string, status = 200) {
  ctx.status = status
  ctx.set(pageHeaders)
  ctx.body = page
}

/** oidc-provider gives its forms as HTML; ours have labels. */
function partsOf(form: string) {
  const part = (pattern: RegExp) => pattern.exec(form)?.[1] ?? ''
  return { action: new URL(part(/ action="([^"]*)"/)).pathname, xsrf: part(/name="xsrf" value="([^"]*)"/) }
}

/** Whether a code exists is told to nobody who guesses. */
const problemOf = (name: string) =>
  ({ NoCodeError: 'Type the code that the device shows.' })[name] ??
  'This code is wrong, or was used, or has expired. The device can show you another one.'
