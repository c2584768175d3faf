// What to measure, from the environment.

export interface Options {
  readonly users: number
  /** How long one server is loaded in one round. */
  readonly seconds: number
  readonly rounds: number
  /** Names of scenarios and of servers; empty for all. */
  readonly only: readonly string[]
  /** Folder where the filled databases stay for the next run; undefined for a temporary one. */
  readonly directory: string | undefined
}

/** Users beyond those that a group of the largest size has, so that someone is left to join it. */
export const joiners = 100

/** Keep-alive connections, each with one request under way. */
export const connections = 8

const environment = process.env

export function readOptions(): Options {
  return {
    users: readNumber('BENCH_USERS', 10_000),
    seconds: readNumber('BENCH_SECONDS', 3),
    rounds: readNumber('BENCH_ROUNDS', 5),
    only: (environment['BENCH_ONLY'] ?? '').split(',').filter((name) => name !== ''),
    directory: environment['BENCH_DIR'],
  }
}

/** Group sizes to measure: the largest one is a tenth of a million users, or everybody. */
export function listGroupSizes(users: number): number[] {
  return [10, 1000, Math.min(users, 100_000)].filter(
    (size, index, sizes) => size <= users && sizes.indexOf(size) === index,
  )
}

function readNumber(name: string, byDefault: number): number {
  const text = environment[name]
  if (text === undefined || text === '') return byDefault
  const number = Number(text)
  if (!(number > 0)) throw new Error(`${name} must be a positive number.`)
  return number
}
