import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A folder that PostgreSQL's own user can reach; taken away afterwards unless it was asked for by name. */
export async function inFolder(kept: string | undefined, work: (dir: string) => Promise<void>) {
  const dir = kept ?? mkdtempSync(path.join(tmpdir(), 'switchyard-bench-'))
  mkdirSync(dir, { recursive: true })
  chmodSync(dir, 0o755)
  try {
    await work(path.resolve(dir))
  } finally {
    if (kept === undefined) rmSync(dir, { recursive: true })
  }
}
