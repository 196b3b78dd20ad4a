import { answering } from '../../gateway/supergraph/thread.ts'

// A thread that fails, or dies, when it is told to.
answering((question: string) => {
  if (question === 'fail') throw new Error('It cannot be done')
  if (question === 'die') process.exit(1)
  return `${question}!`
})
