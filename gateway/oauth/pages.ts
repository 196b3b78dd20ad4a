import { createHash } from 'node:crypto'

/** What the login page shows. `action` is where its form goes. */
export type LoginPage = { clientName: string; action: string; token: string; userName?: string; problem?: string }
export type ConsentPage = { clientName: string; action: string; token: string; userName: string; redirectHost: string }

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{display:grid;place-items:center;min-height:100vh;margin:0}
main{width:min(24rem,90vw)}
h1{font-size:1.4rem}
label{display:block;margin-top:1rem}
label.inline{display:flex;gap:.5rem;align-items:baseline}
input:not([type=checkbox]){width:100%;box-sizing:border-box;font:inherit;padding:.5rem}
button{font:inherit;padding:.5rem 1.25rem;margin:1.25rem .5rem 0 0}
[role=alert]{border-left:.25rem solid #c33;padding-left:.75rem}`

/** Nothing from elsewhere, no scripts, in no frame. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; ` +
    `base-uri 'none'; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

export const loginPage = ({ clientName, action, token, userName, problem }: LoginPage) =>
  page(
    'Sign in',
    html`<h1>Sign in</h1>
      <p><strong>${clientName}</strong> asks you to sign in.</p>
      ${problem ? html`<p role="alert">${problem}</p>` : ''}
      <form method="post" action="${action}">
        <input type="hidden" name="token" value="${token}" />
        <label for="name">User name</label>
        <input id="name" name="name" autocomplete="username" autocapitalize="none" required value="${userName ?? ''}" />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <button name="answer" value="login">Sign in</button>
        <button name="answer" value="abort" formnovalidate>Cancel</button>
      </form>`,
  )

export const consentPage = ({ clientName, action, token, userName, redirectHost }: ConsentPage) =>
  page(
    'Allow access',
    html`<h1>Allow access?</h1>
      <p>
        <strong>${clientName}</strong> wants to read and change CRM records as <strong>${userName}</strong>, with all
        that this user may do.
      </p>
      <p>You will be sent to ${redirectHost}.</p>
      <form method="post" action="${action}">
        <input type="hidden" name="token" value="${token}" />
        <label class="inline"><input type="checkbox" name="always" value="1" /> Do not ask again for this client</label>
        <button name="answer" value="allow">Allow</button>
        <button name="answer" value="abort">Deny</button>
      </form>`,
  )

export const errorPage = (message: string) =>
  page(
    'Cannot continue',
    html`<h1>Cannot continue</h1>
      <p role="alert">${message}</p>
      <p>Go back to the application you came from and start again.</p>`,
  )

/** Text that is HTML already. */
type Html = { readonly html: string }

const page = (title: string, body: Html) =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${title}</title><style>${style}</style></head><body><main>${body.html}</main></body></html>\n`

/** Every value is escaped, except what is {@link Html}. */
function html(parts: TemplateStringsArray, ...values: (string | Html)[]): Html {
  const texts = values.map(value => (typeof value === 'string' ? escapeHtml(value) : value.html))
  return { html: String.raw({ raw: parts }, ...texts) }
}

export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
