import { useEffect, useRef, useState, type FormEvent } from 'react'
import { demo as account, tokenFor, type Credentials, type Token } from './token.ts'

type SignInProps = {
  readonly isOpen: boolean
  readonly onToken: (token: Token) => void
  readonly onClose: () => void
}

/** Asks for an access token, or for what one is given for. */
export function SignIn({ isOpen, onToken, onClose }: SignInProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [trouble, setTrouble] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const demo = account

  useEffect(() => {
    setTrouble(undefined)
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])

  async function ask(credentials: Credentials) {
    setBusy(true)
    setTrouble(undefined)
    const answer = await tokenFor(credentials)
    setBusy(false)
    if (typeof answer === 'string') setTrouble(answer)
    else onToken(answer)
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const token = text('token').replace(/^bearer\s+/i, '')
    if (token) return onToken({ text: token })
    void ask({ clientId: text('client_id'), secret: text('secret'), user: text('user'), password: text('password') })
  }

  return (
    <dialog ref={dialog} className="sign-in" onClose={onClose} aria-labelledby="sign-in-title">
      <form onSubmit={submit}>
        <h2 id="sign-in-title">Sign in</h2>
        {demo && (
          <button type="button" className="primary wide" disabled={isBusy} onClick={() => void ask(demo)}>
            Use the demo account
          </button>
        )}
        <fieldset disabled={isBusy}>
          <legend>{demo ? 'or with an API client' : 'With an API client'}</legend>
          <Field name="client_id" label="Client id" />
          <Field name="secret" label="Client secret" type="password" />
          <Field name="user" label="User name" note="for clients of the password grant" />
          <Field name="password" label="Password" type="password" />
        </fieldset>
        <fieldset disabled={isBusy}>
          <legend>or with an access token</legend>
          <Field name="token" label="Token" />
        </fieldset>
        <p role="alert">{trouble}</p>
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={isBusy}>
            Sign in
          </button>
        </div>
      </form>
    </dialog>
  )
}

type FieldProps = { readonly name: string; readonly label: string; readonly type?: string; readonly note?: string }

const Field = ({ name, label, type = 'text', note }: FieldProps) => (
  <label>
    <span>
      {label}
      {note && <small> {note}</small>}
    </span>
    <input name={name} type={type} autoComplete="off" spellCheck={false} />
  </label>
)
