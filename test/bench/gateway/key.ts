/** What the gateway and its subgraphs sign with; nothing else knows them. */
export const benchKey = 'the benchmark has no secrets to keep from anybody'
