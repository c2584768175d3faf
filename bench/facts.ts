// What a run has to say of the machine and the code that it measured.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import path from 'node:path'

export interface Facts {
  readonly date: string
  readonly commit: string
  readonly machine: string
  /** Load averages of one minute, before and after. */
  readonly load: readonly [number, number]
  readonly versions: Readonly<Record<string, string>>
}

export function readFacts(postgres: string, loadBefore: number): Facts {
  const [cpu] = cpus()
  const round = (load: number): number => Math.round(load * 10) / 10
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: readCommit(),
    machine: `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}`,
    load: [round(loadBefore), round(loadavg()[0] ?? 0)],
    versions: { Node: process.versions.node, PostgreSQL: postgres, ...readVersions(['express', 'pg', 'kysely']) },
  }
}

function readVersions(names: readonly string[]): Record<string, string> {
  const read = (name: string): unknown => {
    const file = path.resolve(import.meta.dirname, '../node_modules', name, 'package.json')
    return JSON.parse(readFileSync(file, 'utf8'))
  }
  return Object.fromEntries(names.map((name) => [name, (read(name) as { version: string }).version]))
}

function readCommit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
