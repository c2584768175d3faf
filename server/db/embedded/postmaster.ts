// Finds the running server of a cluster, and nothing else's.
import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ignoreMissing, linkUnlessThere, readErrorCode } from './files.ts'
import { runCommand } from './means.ts'

export interface Postmaster {
  readonly pid: number
  /** Absent while the server starts, recovers or stops: it would refuse us, and write that into its log. */
  readonly port: number | undefined
}

/** The live server of the cluster, as its postmaster.pid tells it. A file that names another process is put aside. */
export async function findPostmaster(directory: string): Promise<Postmaster | undefined> {
  const pidFile = join(directory, 'postmaster.pid')
  const text = await ignoreMissing(readFile(pidFile, 'utf8'))
  if (text === undefined) return undefined
  const lines = text.split('\n')
  const pid = Number(lines[0])
  // PostgreSQL itself replaces the file of a process that is gone.
  if (!(pid > 0) || !isAlive(pid)) return undefined
  if (await isServerOf(pid, directory)) {
    // Lines 4 and 8 (src/include/utils/pidfile.h)
    return { pid, port: lines[7]?.trim() === 'ready' ? Number(lines[3]) : undefined }
  }
  await removePidFile(pidFile, pid)
  return undefined
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return readErrorCode(error) === 'EPERM'
  }
}

// A server's working directory is its cluster. This also tells zombies, which a container without an init keeps.
async function isServerOf(pid: number, directory: string): Promise<boolean> {
  if (process.platform === 'win32') return true
  if (process.platform !== 'linux') {
    const { output } = await runCommand('ps', ['-ww', '-o', 'command=', '-p', String(pid)])
    return output.includes(directory)
  }
  try {
    const [workingDirectory, own] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(directory)])
    return workingDirectory.ino === own.ino && workingDirectory.dev === own.dev
  } catch (error) {
    // Root without CAP_SYS_PTRACE (as in Docker) may not look there; the command line is open to all.
    if (!['EACCES', 'EPERM'].includes(readErrorCode(error))) return false
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return commandLine.split('\0').includes(directory)
  }
}

// PostgreSQL refuses to start while the process lives that the file names, whatever that is. Renamed first, because
// another start may have written a new one since we read it: then it is put back. Should a server run all the same,
// PostgreSQL's shared memory key, made from the directory's inode, keeps a second one from starting.
async function removePidFile(pidFile: string, stalePid: number): Promise<void> {
  const aside = `${pidFile}.stale-${randomBytes(4).toString('hex')}`
  await ignoreMissing(rename(pidFile, aside))
  const text = await ignoreMissing(readFile(aside, 'utf8'))
  if (text !== undefined && Number(text.split('\n')[0]) !== stalePid) await linkUnlessThere(aside, pidFile)
  await rm(aside, { force: true })
}
