import { parentPort } from 'node:worker_threads'
import { compose, type Composed, type SubgraphText } from './compose.ts'

// The thread behind composeAside: gets subgraphs, answers the supergraph or what they do not agree on.
parentPort?.on('message', (subgraphs: readonly SubgraphText[]) => parentPort?.postMessage(composed(subgraphs)))

function composed(subgraphs: readonly SubgraphText[]): Composed {
  try {
    return { sdl: compose(subgraphs) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
