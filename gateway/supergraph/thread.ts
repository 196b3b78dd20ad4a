import { parentPort, Worker } from 'node:worker_threads'

/** Something that is done in a thread of its own, so that a process that serves is not held up. */
export type Thread<Question, Answer> = {
  /** @throws Error  what the thread has thrown, or that it ended without an answer */
  ask(question: Question): Promise<Answer>
}

type Asked = { readonly id: number; readonly question: unknown }
type Answered = { readonly id: number } & ({ readonly answer: unknown } | { readonly error: string })

/**
 * A thread that is started when it is first asked, and again when it has died. It is kept: what it needs is loaded, and
 * compiled by use. Nobody's end waits for it, but while it has something to answer.
 *
 * @param file  calls {@link answering}
 */
export function threadOf<Question, Answer>(file: URL): Thread<Question, Answer> {
  const waiting = new Map<number, PromiseWithResolvers<Answer>>()
  let worker: Worker | undefined
  let last = 0

  function started(): Worker {
    if (worker) return worker
    const begun = new Worker(file)
    const end = (error: unknown) => {
      if (worker !== begun) return
      worker = undefined
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    }
    begun.on('message', (given: Answered) => {
      const asked = waiting.get(given.id)
      waiting.delete(given.id)
      if ('error' in given) asked?.reject(new Error(given.error))
      else asked?.resolve(given.answer as Answer)
      if (waiting.size === 0) begun.unref()
    })
    begun.on('error', end)
    begun.on('exit', () => end(new Error('The thread ended without an answer')))
    return (worker = begun)
  }

  return {
    ask(question) {
      const id = (last += 1)
      const asked = Promise.withResolvers<Answer>()
      waiting.set(id, asked)
      const to = started()
      to.ref()
      to.postMessage({ id, question } satisfies Asked)
      return asked.promise
    },
  }
}

/** In the thread: answers each question as it comes. */
export function answering<Question, Answer>(answer: (question: Question) => Answer) {
  parentPort?.on('message', ({ id, question }: Asked) => parentPort?.postMessage(answered(id, question)))

  function answered(id: number, question: unknown): Answered {
    try {
      return { id, answer: answer(question as Question) }
    } catch (error) {
      return { id, error: error instanceof Error ? error.message : String(error) }
    }
  }
}
