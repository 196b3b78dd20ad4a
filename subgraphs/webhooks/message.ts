import type { StoredEvent } from '../../drizzle/event-log.ts'

/** An attempt for which a message is wanted. What the endpoint is set to is looked up by its revision, once. */
export type DueMessage = {
  readonly endpoint: { readonly id: string; readonly revision: number }
  readonly delivery: {
    readonly id: string
    /** 0 for the automatic delivery; a replay has a higher one. */
    readonly generation: number
    /** 1 for the first. */
    readonly attempt: number
    /** Nobody knows what came of the attempt before. */
    readonly isPreviousUnknown: boolean
    readonly isTest: boolean
    /** The receiver is asked whether it has the event: the message has no body. */
    readonly isProbe?: boolean
  }
  readonly event: StoredEvent
}

/** The certificate that is shown to the receiver. PEM. */
export type ClientCertificate = { readonly cert: string; readonly key: string; readonly ca?: string }

/** What an attempt sends; or why it does not. */
export type Message =
  | {
      readonly kind: 'request'
      readonly url: string
      /** In lower case. Authorization and signatures are among them: never logged. */
      readonly headers: Readonly<Record<string, string>>
      /** The very bytes that are signed. */
      readonly body: Buffer
      readonly certificate?: ClientCertificate
      /** The payload was over the limit, and a thin one with a link is sent in its place. */
      readonly isCutToThin: boolean
    }
  /** The owner may not see the event, or nothing of what has changed: there is nothing to tell, now or later. */
  | { readonly kind: 'unseen' }
  | {
      readonly kind: 'failed'
      readonly outcome: 'template_error' | 'auth_error' | 'policy_blocked' | 'our_fault'
      /** For the owner: names no internal address and nothing secret. */
      readonly says: string
      /** False: another attempt would fail as well. */
      readonly mayRetry: boolean
    }

/** Makes messages. */
export type Messages = {
  /** One answer for each, in order. Rights are judged now, once for each owner. Never rejects for what one endpoint causes. */
  readonly make: (due: readonly DueMessage[]) => Promise<readonly Message[]>
  /**
   * The receiver answered 401.
   *
   * @returns whether another attempt now may do better, because it will have another access token
   */
  readonly unauthorized: (endpointId: string) => boolean
}
