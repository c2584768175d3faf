// What a run measured, as it is kept in bench/results.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Facts } from './facts.ts'
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

export interface Result extends Facts {
  readonly users: number
  readonly command: string
  readonly seconds: number
  readonly rounds: number
  readonly servers: readonly ServerInfo[]
  readonly rows: readonly Row[]
  readonly memory: Readonly<Record<string, Memory>>
}

const folder = path.resolve(import.meta.dirname, 'results')

/** The question of a run of the org queries. */
export interface OrgRow {
  readonly name: string
  /** Milliseconds over HTTP, one after the other. */
  readonly p50: number
  readonly p99: number
  /** Milliseconds of what it is compared with, which is done in turns with it. */
  readonly bare: number
  readonly ratio: number
  readonly target: number
  readonly against: string
  /** How many people an answer has, on average. */
  readonly people: number
}

export interface OrgResult extends Facts {
  readonly users: number
  readonly command: string
  readonly rows: readonly OrgRow[]
  /** Look-ups over all connections at once. */
  readonly lookupLoad: { readonly perSecond: number; readonly p50: number; readonly p99: number }
  readonly memory: Memory
}

/** What became of changes that one webhook endpoint is told of. */
export interface EventsLoad {
  readonly changes: number
  readonly writtenPerSecond: number
  readonly toldPerSecond: number
  /** Milliseconds from the answer to a change until the endpoint has the request. */
  readonly p50: number
  readonly p99: number
  readonly most: number
}

export interface EventsResult extends Facts {
  readonly changes: number
  readonly command: string
  readonly steady: EventsLoad
  readonly atOnce: EventsLoad
  /** How many are told a second, of those that happened while the endpoint was disabled. */
  readonly gatheredPerSecond: number
  /** While processes were killed. */
  readonly killed: {
    readonly events: number
    readonly receptions: number
    readonly refusedShare: number
    readonly lost: number
    readonly disordered: number
    readonly seconds: number
  }
}

export interface SyncResult extends Facts {
  readonly people: number
  readonly command: string
  /** Of the first import, of one in which nothing had changed, and of a bare COPY. */
  readonly seconds: { readonly first: number; readonly unchanged: number; readonly copy: number }
  readonly memory: Memory
  /** Milliseconds at the median, alone and while somebody else is imported. */
  readonly reads: { readonly alone: number; readonly meanwhile: number }
}

/** Keeps what a run measured, by what it was about and its size. */
export function writeResult(
  ...[kind, result]: ['scim', Result] | ['org', OrgResult] | ['events', EventsResult] | ['sync', SyncResult]
): void {
  const size = kind === 'events' ? result.changes : kind === 'sync' ? result.people : result.users
  const name = kind === 'scim' ? `${size}.json` : `${kind}-${size}.json`
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, name), `${JSON.stringify(result, null, 2)}\n`)
}

/** All that is kept, by size. */
export function readResults(): Result[] {
  return readKept<Result>(/^\d+\.json$/).toSorted((a, b) => a.users - b.users)
}

export function readOrgResults(): OrgResult[] {
  return readKept<OrgResult>(/^org-\d+\.json$/).toSorted((a, b) => a.users - b.users)
}

export function readEventsResults(): EventsResult[] {
  return readKept<EventsResult>(/^events-\d+\.json$/).toSorted((a, b) => a.changes - b.changes)
}

export function readSyncResults(): SyncResult[] {
  return readKept<SyncResult>(/^sync-\d+\.json$/).toSorted((a, b) => a.people - b.people)
}

function readKept<Kept>(pattern: RegExp): Kept[] {
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Kept)
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
