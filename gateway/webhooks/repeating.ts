/** Work that is done again and again: at once while there is more, else after a pause or when woken. One round at a time. */
export type Repeating = {
  start(onFailure: (error: unknown) => void): void
  wake(): void
  close(): Promise<void>
}

/** @param round  answers whether there may be more to do now */
export function repeating(pauseMs: number, round: () => Promise<boolean>): Repeating {
  let isClosed = false
  let isWoken = false
  let wakeUp = () => {}
  let running = Promise.resolve()

  const pause = () =>
    new Promise<void>(resolve => {
      const timer = setTimeout(resolve, pauseMs)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function run(onFailure: (error: unknown) => void) {
    while (!isClosed) {
      isWoken = false
      const outcome = await round().catch((error: unknown) => {
        if (!isClosed) onFailure(error)
        return 'failed' as const
      })
      if (outcome === 'failed') isWoken = false
      if (outcome !== true && !isWoken && !isClosed) await pause()
    }
  }

  return {
    start(onFailure) {
      running = run(onFailure)
    },
    wake() {
      isWoken = true
      wakeUp()
    },
    async close() {
      isClosed = true
      wakeUp()
      await running
    },
  }
}
