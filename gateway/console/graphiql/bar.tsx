type BarProps = {
  /** Who is signed in. */
  readonly name: string | undefined
  readonly onSignIn: () => void
  readonly onSignOut: () => void
}

/** The strip above GraphiQL: where this is, the other APIs, and who asks. */
export const Bar = ({ name, onSignIn, onSignOut }: BarProps) => (
  <header className="bar">
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M2 17h6c5 0 5-10 10-10h4M2 17h20" />
      <circle cx="8" cy="17" r="1.8" />
    </svg>
    <strong>Switchyard</strong>
    <nav aria-label="APIs">
      <a href="/graphql" aria-current="page">
        GraphQL
      </a>
      <a href="/docs/v8">REST V8</a>
      <a href="/docs/v4_1">Legacy v4.1</a>
    </nav>
    {name === undefined ? (
      <button type="button" className="primary" onClick={onSignIn}>
        Sign in
      </button>
    ) : (
      <>
        <span className="who">
          <i aria-hidden="true" />
          {name}
        </span>
        <button type="button" onClick={onSignOut}>
          Sign out
        </button>
      </>
    )}
  </header>
)
