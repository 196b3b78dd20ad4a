/**
 * Makes those who come together go one after the other, so many at each turn of the event loop, so that what else there
 * is to do is done in between: 500 sign-ins that arrive at once would hold up all other requests for 150 ms.
 *
 * @returns waits for one's turn
 */
export function takeTurns(atOnce: number): () => Promise<void> {
  const waiting: (() => void)[] = []
  let isGoing = false

  function go() {
    for (const begin of waiting.splice(0, atOnce)) begin()
    isGoing = waiting.length > 0
    if (isGoing) setImmediate(go)
  }

  return () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    if (!isGoing) setImmediate(go)
    isGoing = true
    return promise
  }
}
