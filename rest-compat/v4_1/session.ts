import type { Principal } from '../../schema/principal.ts'

export type Session = {
  /** 20 to 64 characters of `a-z0-9`; the client sends it as the first argument of every call. */
  readonly id: string
  readonly principal: Principal
  /** SuiteCRM's preferences of the category `global`. */
  readonly preferences: Readonly<Record<string, unknown>>
}

/** Why a user who is known gets no session: SuiteCRM's errors 1008 and 1009. */
export type Refusal = 'expired' | 'locked'

/** What a client knows: the password in clear, or its md5 in hex (either case). */
export type Credential = { readonly plain: string } | { readonly md5: string }

/**
 * The sessions of v4.1, kept by the gateway: stored hashed, idle for at most 1440 s, bound to the client's address (the
 * first three octets of IPv4 must match).
 */
export type Sessions = {
  /** undefined when name and password do not fit, or the user is switched off or no person. */
  readonly open: (userName: string, credential: Credential, address: string) => Promise<Session | Refusal | undefined>
  /** Who acts in a session, and keeps it alive; undefined when there is none, or not for this address. */
  readonly find: (id: string, address: string) => Promise<Session | undefined>
  readonly close: (id: string) => Promise<void>
}
