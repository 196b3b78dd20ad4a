import { compose } from './compose.ts'
import { answering } from './thread.ts'

// The thread behind composeAside.
answering(compose)
