/** What one of several who share a stream gets. Whoever takes it ends it by `return`, at once. */
export type Share<T> = AsyncIterableIterator<T>

type Members<T> = Set<(given: Given<T>) => void>
type Given<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'end' }
type Source<T> = { readonly members: Members<T>; readonly stop: () => void; isOver: boolean }

type Options<T> = {
  /** Values that wait for one who is slow; with more, it is told to begin anew and gets no more. */
  readonly waitingMax: number
  readonly tooSlow: T
}

/** Streams that are made once for all who ask for the same thing at the same time. */
export type SharedStreams<T> = {
  /**
   * Joins the stream of a key, or begins it.
   *
   * @param begin   makes it; its signal ends when the last of them has left
   * @returns what `begin` gave in place of a stream
   */
  join<Refusal>(
    key: string,
    begin: (signal: AbortSignal) => Promise<AsyncGenerator<T, void> | Refusal>,
    isStream: (begun: AsyncGenerator<T, void> | Refusal) => begun is AsyncGenerator<T, void>,
    signal: AbortSignal,
  ): Promise<Share<T> | Refusal>
  readonly open: number
}

export function shareStreams<T>({ waitingMax, tooSlow }: Options<T>): SharedStreams<T> {
  const sources = new Map<string, Promise<Source<T> | undefined>>()

  async function pump(source: Source<T>, stream: AsyncGenerator<T, void>) {
    try {
      for await (const value of stream) for (const give of source.members) give({ kind: 'value', value })
    } finally {
      source.isOver = true
      for (const give of source.members) give({ kind: 'end' })
    }
  }

  return {
    get open() {
      return sources.size
    },
    async join(key, begin, isStream, signal) {
      // Whoever finds none begins one before anybody else can look.
      for (let known = sources.get(key); known; known = sources.get(key)) {
        const source = await known.catch(() => undefined)
        if (source && !source.isOver) return shareOf(source, signal)
        if (sources.get(key) === known) sources.delete(key)
      }

      const stop = new AbortController()
      let begun: Awaited<ReturnType<typeof begin>> | undefined
      const beginning = (async () => {
        begun = await begin(stop.signal)
        if (!isStream(begun)) return undefined
        const source: Source<T> = {
          members: new Set(),
          isOver: false,
          stop: () => {
            source.isOver = true
            if (sources.get(key) === beginning) sources.delete(key)
            stop.abort()
          },
        }
        void pump(source, begun)
        return source
      })()
      sources.set(key, beginning)
      const forget = () => sources.get(key) === beginning && sources.delete(key)
      const source = await beginning.catch((error: unknown) => {
        forget()
        throw error
      })
      if (source) return shareOf(source, signal)
      forget()
      return begun as Exclude<typeof begun, AsyncGenerator<T, void> | undefined>
    },
  }

  function shareOf(source: Source<T>, signal: AbortSignal): Share<T> {
    let waiting: Given<T>[] = []
    let isOver = false
    let wake = () => {}
    const give = (given: Given<T>) => {
      waiting.push(given)
      if (waiting.length > waitingMax) {
        waiting = [{ kind: 'value', value: tooSlow }, { kind: 'end' }]
        leave()
      }
      wake()
    }
    const end = () => {
      isOver = true
      leave()
      wake()
    }
    function leave() {
      signal.removeEventListener('abort', end)
      if (source.members.delete(give) && source.members.size === 0) source.stop()
    }
    source.members.add(give)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()

    const done = { done: true, value: undefined } as const
    return {
      [Symbol.asyncIterator]() {
        return this
      },
      async next() {
        while (!isOver && waiting.length === 0) await new Promise<void>(resolve => (wake = resolve))
        const given = isOver ? undefined : waiting.shift()
        if (given?.kind === 'value') return { done: false, value: given.value }
        end()
        return done
      },
      return() {
        end()
        return Promise.resolve(done)
      },
    }
  }
}
