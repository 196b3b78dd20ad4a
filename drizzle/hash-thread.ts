import { hashSync, verifySync } from '@node-rs/argon2'
import { verifySync as bcryptVerifySync } from '@node-rs/bcrypt'
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { argon2id, type Computation, type Computed } from './hash-threads.ts'

// A thread of hash-threads.ts: gets computations, answers what came of them.
giveWay()
parentPort?.on('message', (computation: Computation) => parentPort?.postMessage(answerTo(computation)))

/** To Linux a thread is a process when it comes to priority; elsewhere it goes without. */
function giveWay() {
  try {
    const [thread] = /\d+$/.exec(readlinkSync('/proc/thread-self')) ?? []
    if (thread !== undefined) setPriority(Number(thread), 10)
  } catch {
    // There is no such file, or nobody may change a priority here.
  }
}

function answerTo(computation: Computation): Computed {
  try {
    return { value: compute(computation) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function compute(computation: Computation): string | boolean {
  switch (computation.kind) {
    case 'argon2 hash':
      return hashSync(computation.text, argon2id)
    case 'argon2 verify':
      return verifySync(computation.stored, computation.text)
    case 'bcrypt verify':
      return bcryptVerifySync(computation.text, computation.stored)
  }
}
