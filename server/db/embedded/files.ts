// Small things about files that the embedded PostgreSQL needs.
import { link, open } from 'node:fs/promises'

/** Gives a file a second name, unless there is a file of that name. */
export async function linkUnlessThere(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: unknown) => {
    if (readErrorCode(error) !== 'EEXIST') throw error
  })
}

/** Makes sure that a renaming in a directory survives a power failure. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory.
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}

/** The outcome of the work, or undefined where a file that it needs is not there. */
export async function ignoreMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (readErrorCode(error) !== 'ENOENT') throw error
    return undefined
  }
}

/** The code of an error of Node or PostgreSQL, or ''. */
export function readErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
