import { parentPort, workerData } from 'node:worker_threads'
import { compose, type SubgraphText } from './compose.ts'

// The thread behind composeAside: gets subgraphs, answers the supergraph.
parentPort?.postMessage(compose(workerData as readonly SubgraphText[]))
