// What a run measured, as it is kept in bench/results.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Memory } from './servers/process.ts'

export interface Cell {
  /** Calls a second of each round; none where the answers were wrong. */
  readonly rounds: readonly number[]
  readonly calls: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Microseconds of processor time for each call of the scenario: of the server's process, and of PostgreSQL. */
  readonly serverCpu: number
  readonly databaseCpu: number
  /** What was wrong with the answers; then the figures do not count. */
  readonly wrong?: string
}

export interface Row {
  readonly name: string
  /** By the name of the server. */
  readonly cells: Readonly<Record<string, Cell>>
}

export interface ServerInfo {
  readonly name: string
  readonly title: string
  readonly isDatabaseBacked: boolean
}

export interface Result {
  readonly users: number
  readonly date: string
  readonly commit: string
  readonly command: string
  readonly seconds: number
  readonly rounds: number
  readonly machine: string
  /** Load averages of one minute, before and after. */
  readonly load: readonly [number, number]
  readonly versions: Readonly<Record<string, string>>
  readonly servers: readonly ServerInfo[]
  readonly rows: readonly Row[]
  readonly memory: Readonly<Record<string, Memory>>
}

const folder = path.resolve(import.meta.dirname, 'results')

export function writeResult(result: Result): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, `${result.users}.json`), `${JSON.stringify(result, null, 2)}\n`)
}

/** All that is kept, by size. */
export function readResults(): Result[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Result)
    .toSorted((a, b) => a.users - b.users)
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
