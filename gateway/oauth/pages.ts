import { createHash } from 'node:crypto'

/** What the login page shows. `action` is where its form goes. */
export type LoginPage = { clientName: string; action: string; token: string; userName?: string; problem?: string }
export type ConsentPage = {
  clientName: string
  action: string
  token: string
  userName: string
  /** Where the browser goes next; absent for a device, which waits elsewhere. */
  redirectHost?: string
  /** What is asked for, in words; empty for everything that the user may do. */
  wishes: readonly string[]
}

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;--line:#767676;--accent:#0b57d0;--on-accent:#fff;--alert:#b3261e}
@media (prefers-color-scheme:dark){:root{--line:#8c8c8c;--accent:#a8c7fa;--on-accent:#062e6f;--alert:#f2b8b5}}
*{box-sizing:border-box}
body{display:grid;place-items:center;min-height:100vh;margin:0;padding:1rem}
main{width:min(26rem,100%)}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
label{display:block;margin-top:1rem;font-weight:600}
label.inline{display:flex;gap:.5rem;align-items:baseline;font-weight:400}
input:not([type=checkbox]){width:100%;font:inherit;padding:.5rem .625rem;border:1px solid var(--line);border-radius:.375rem;margin-top:.25rem}
.code{font-family:ui-monospace,monospace;letter-spacing:.15em;text-transform:uppercase}
strong.code{font-size:1.5rem}
input[type=checkbox]{accent-color:var(--accent)}
.buttons{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;border:1px solid var(--line);border-radius:.375rem;background:transparent;color:inherit;cursor:pointer}
button.main{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
ul{padding-left:1.25rem}
strong{overflow-wrap:anywhere}
[role=alert]{border-left:.25rem solid var(--alert);padding-left:.75rem}`

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
    problem ? 'Sign in: not accepted' : 'Sign in',
    html`<h1>Sign in</h1>
      <p><strong>${clientName}</strong> asks you to sign in.</p>
      ${problem ? html`<p id="problem" role="alert">${problem}</p>` : ''}
      <form method="post" action="${action}">
        <input type="hidden" name="token" value="${token}" />
        <label for="name">User name</label>
        <input
          id="name"
          name="name"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          ${problem ? describedBy : autofocus}
          value="${userName ?? ''}"
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          ${problem ? autofocus : ''}
        />
        <div class="buttons">
          <button class="main" name="answer" value="login">Sign in</button>
          <button name="answer" value="abort" formnovalidate>Cancel</button>
        </div>
      </form>`,
  )

const autofocus = html`autofocus`
const describedBy = html`aria-describedby="problem" aria-invalid="true"`

export const consentPage = ({ clientName, action, token, userName, redirectHost, wishes }: ConsentPage) =>
  page(
    'Allow access',
    html`<h1>Allow access?</h1>
      <p>
        <strong>${clientName}</strong> wants to act as <strong>${userName}</strong>, never with more than you may do
        yourself:
      </p>
      <ul>
        ${(wishes.length > 0 ? wishes : ['See, create, change, relate and delete records']).map(
          wish => html`<li>${wish}</li>`,
        )}
      </ul>
      <p>
        ${redirectHost ? html`You will be sent to <strong>${redirectHost}</strong>.` : 'The device goes on by itself.'}
      </p>
      <form method="post" action="${action}">
        <input type="hidden" name="token" value="${token}" />
        ${redirectHost ? html`<label class="inline"><input type="checkbox" name="always" value="1" /> Do not ask again for this client</label>` : ''}
        <div class="buttons">
          <button class="main" name="answer" value="allow">Allow</button>
          <button name="answer" value="abort">Deny</button>
        </div>
      </form>`,
  )

/** Where a person types the code that a device shows (RFC 8628, 3.3). */
export const codePage = ({ action, xsrf, code, problem }: CodePage) =>
  page(
    problem ? 'Connect a device: not accepted' : 'Connect a device',
    html`<h1>Connect a device</h1>
      ${problem ? html`<p id="problem" role="alert">${problem}</p>` : ''}
      <form method="post" action="${action}">
        <input type="hidden" name="xsrf" value="${xsrf}" />
        <label for="code">Code that the device shows</label>
        <input
          id="code"
          class="code"
          name="user_code"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          required
          autofocus
          ${problem ? describedBy : ''}
          value="${code ?? ''}"
        />
        <div class="buttons"><button class="main">Continue</button></div>
      </form>`,
  )

/** `xsrf` keeps other sites from sending these forms. */
export type CodePage = { action: string; xsrf: string; code?: string; problem?: string }
export type DevicePage = CodePage & { clientName: string; code: string; address?: string }

/** Shown before signing in, so that nobody connects the device of somebody else who has sent them a link. */
export const devicePage = ({ action, xsrf, code, clientName, address }: DevicePage) =>
  page(
    'Connect this device?',
    html`<h1>Connect this device?</h1>
      <p>
        <strong>${clientName}</strong> asks to act as you. Continue only if the device in front of you shows this code:
      </p>
      <p><strong class="code">${code}</strong></p>
      ${address ? html`<p>It asked from the address ${address}.</p>` : ''}
      <form method="post" action="${action}">
        <input type="hidden" name="xsrf" value="${xsrf}" />
        <input type="hidden" name="user_code" value="${code}" />
        <div class="buttons">
          <button class="main" name="confirm" value="yes">Continue</button>
          <button name="abort" value="yes">Cancel</button>
        </div>
      </form>`,
  )

export const messagePage = (title: string, message: string) =>
  page(
    title,
    html`<h1>${title}</h1>
      <p>${message}</p>`,
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
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
  `<title>${title}</title><style>${style}</style></head><body><main>${body.html}</main></body></html>\n`

/** Every value is escaped, except what is {@link Html}. */
function html(parts: TemplateStringsArray, ...values: (string | Html | readonly Html[])[]): Html {
  const texts = values.map(value =>
    typeof value === 'string'
      ? escapeHtml(value)
      : [value]
          .flat()
          .map(each => each.html)
          .join(''),
  )
  return { html: String.raw({ raw: parts }, ...texts) }
}

export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
