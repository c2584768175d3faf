// What a scenario is: how a server is prepared for it, and what is then sent to it.
import type { NextCall } from '../driver.ts'
import type { BenchServer } from '../servers/server.ts'

/** A server under measurement, and what the scenarios so far have made of its users. */
export interface Bench {
  readonly server: BenchServer
  /** Users that the server has: those that it was filled with, and those created since. */
  total: number
  /** Users that are not active, by their number. */
  readonly inactive: Set<number>
  /** Makes titles and names that nobody has yet. */
  counter: number
}

export interface Load {
  readonly next: NextCall
  /** Called before each round, outside of the time measured. */
  readonly begin?: () => Promise<void>
  /** Looks after a round, outside of the time measured, whether what was answered has happened. */
  readonly verify?: () => Promise<string | undefined>
}

export interface Scenario {
  readonly name: string
  /** Scenarios of one family are measured together, in turns, so that their figures can be compared. */
  readonly family: string
  /** The rows of the table that it fills. */
  readonly rows: readonly string[]
  readonly writes: boolean
  /** Whether the server can be asked this at all. */
  readonly suits: (server: BenchServer) => boolean
  /** Whether a round ends when everything is sent, and not when the time is up. */
  readonly isBurst: boolean
  readonly prepare: (bench: Bench) => Promise<Load>
}

const step = 7919

/**
 * Walks over all users in an order that jumps about, each connection over users of its own: so it knows what it wrote last.
 * Returns the number of the user.
 */
export function walkUsers(bench: Bench, connections: number): (connection: number) => number {
  const users = bench.server.userIds.length
  const usable = users - (users % connections)
  const visits = Array.from({ length: connections }, () => 0)
  return (connection) => {
    const visit = visits[connection] ?? 0
    visits[connection] = visit + 1
    return (((visit * connections + connection) % usable) * step) % users
  }
}
