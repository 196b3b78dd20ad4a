import { GraphiQL, HISTORY_PLUGIN } from 'graphiql'
import 'graphiql/style.css'
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { Bar } from './bar.tsx'
import './page.css'
import { SignIn } from './sign-in.tsx'
import { forget, recall, remember, whoIs, type Token } from './token.ts'
import './workers.ts'

const welcomeQuery = `# The records of your CRM, as one graph.
#
# Sign in, then run this with Ctrl-Enter.
# Ctrl-Space completes; the book explains.

query Newest {
  accounts(first: 5) {
    nodes {
      id
      name
      phone_office
      contacts(first: 3) {
        nodes {
          full_name
          email1
        }
      }
    }
    totalCount
  }
}
`

type Result = { readonly data?: unknown; readonly errors?: readonly { readonly message: string }[] }

function Page() {
  const [token, setToken] = useState<Token | undefined>(recall)
  const [name, setName] = useState<string>()
  const [isAsking, setAsking] = useState(!token)

  useEffect(() => {
    setName(undefined)
    if (token) void whoIs(token).then(found => (found === undefined ? signOut() : setName(found)))
  }, [token])

  function signIn(given: Token) {
    remember(given)
    setToken(given)
    setAsking(false)
  }

  function signOut() {
    forget()
    setToken(undefined)
  }

  const fetcher = async (request: object): Promise<Result> => {
    if (!token) {
      setAsking(true)
      return { errors: [{ message: 'Sign in first: at the top right of this page.' }] }
    }
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token.text}` }
    const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(request) })
    if (response.status === 401) {
      signOut()
      setAsking(true)
    }
    return (await response.json()) as Result
  }

  return (
    <>
      <Bar name={token && (name ?? '…')} onSignIn={() => setAsking(true)} onSignOut={signOut} />
      <main>
        <GraphiQL
          key={token?.text ?? 'nobody'}
          fetcher={fetcher}
          schema={token ? undefined : null}
          plugins={[HISTORY_PLUGIN]}
          defaultQuery={welcomeQuery}
          isHeadersEditorEnabled={false}
          defaultEditorToolsVisibility="variables"
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
      <SignIn isOpen={isAsking} onToken={signIn} onClose={() => setAsking(false)} />
    </>
  )
}

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  )
