/** How the jobs of a queue are done again when they fail. */
export type QueueRules = {
  /** How often, before the job is dead. */
  readonly retryLimit: number
  /** The first wait in seconds; each further one is twice as long, with jitter. */
  readonly retryDelay: number
  readonly retryDelayMax: number
  /** A process that does a job says so twice in this time; when it falls silent, another takes the job over. */
  readonly heartbeatSeconds: number
}

/** The queues of the house. `switchyard migrate` makes those that a database does not have, and changes their rules. */
export const queues = {
  bulk: { retryLimit: 10, retryDelay: 2, retryDelayMax: 300, heartbeatSeconds: 10 },
  export: { retryLimit: 10, retryDelay: 2, retryDelayMax: 300, heartbeatSeconds: 10 },
} as const satisfies Record<string, QueueRules>

export type QueueName = keyof typeof queues

export const queueNames = Object.keys(queues) as readonly QueueName[]
