/** How a user wants dates written, in PHP's date() letters as SuiteCRM stores them. */
export type DateStyle = { readonly timezone: string; readonly dateFormat: string; readonly timeFormat: string }

/** Who acts. Made once per request by `gateway/authenticate.ts`; everything below trusts it. */
export type Principal = {
  readonly kind: 'user' | 'system'
  readonly userId: string
  readonly userName: string
  readonly isAdmin: boolean
  /** The API client it came through, absent for v4.1 sessions. */
  readonly clientId?: string
  /** The API key it came with. */
  readonly keyId?: string
  /**
   * The scopes that count: those of the token, as far as its API client may have them. `all` when neither narrows, as
   * for every token of a SuiteCRM client.
   */
  readonly scopes: 'all' | readonly string[]
  readonly dateStyle: DateStyle
}

export const defaultDateStyle: DateStyle = { timezone: 'UTC', dateFormat: 'm/d/Y', timeFormat: 'H:i' }

/** The principal of our own work: seeding, imports, jobs. Acts as SuiteCRM's first administrator. */
export const systemPrincipal: Principal = {
  kind: 'system',
  userId: '1',
  userName: 'system',
  isAdmin: true,
  scopes: 'all',
  dateStyle: defaultDateStyle,
}
