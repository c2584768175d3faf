// What a test run proves: an id in the title of a test that passed is a requirement that holds.
import type { Exceptions, ExceptionStatus } from './exceptions.ts'
import { answered, type Requirement, readSource, sources } from './requirements.ts'

export interface Test {
  /** Relative to the repository, with slashes. */
  readonly file: string
  readonly title: string
}

export interface Run {
  readonly passed: readonly Test[]
  readonly failed: readonly Test[]
}

export interface Row {
  readonly requirement: Requirement
  readonly status: 'proven' | 'open' | ExceptionStatus
  /** The tests that prove it, by file, in the order of the file. */
  readonly tests: readonly Test[]
  /** Why it is not proven, where that is known. */
  readonly reason: string
}

export interface Report {
  readonly rows: readonly Row[]
  /** What is wrong with titles or exceptions, one sentence each. */
  readonly faults: readonly string[]
}

const idPattern = new RegExp(`(?<![\\w.-])(?:${[...sources.keys()].join('|')})-(?=[\\w.-]*\\d)[\\w.-]*\\w`, 'g')

/** The ids in a title. */
export function readIds(title: string): string[] {
  return title.match(idPattern) ?? []
}

/** A title without its ids. */
export function dropIds(title: string): string {
  return title.replace(idPattern, '').replace(/\s+/g, ' ').trim()
}

/**
 * Each requirement with its status. One that a failed test names is not proven, whatever else passed. Keys of exceptions are ids,
 * or beginnings of ids up to a hyphen: those speak for what is left of a source or a section.
 */
export function createReport(requirements: readonly Requirement[], exceptions: Exceptions, run: Run): Report {
  const known = new Set(requirements.map(({ id }) => id))
  const proofs = listProofs(run)
  const rows = requirements.map((requirement): Row => {
    const tests = proofs.get(requirement.id) ?? []
    if (tests.length > 0) return { requirement, status: 'proven', tests, reason: '' }
    const exception = exceptions[findException(requirement.id, exceptions) ?? '']
    return { requirement, status: exception?.status ?? 'open', tests, reason: exception?.reason ?? '' }
  })
  const open = rows.filter(({ status }) => status !== 'proven').map(({ requirement }) => requirement.id)
  const used = new Set(open.map((id) => findException(id, exceptions)))
  const faults = [
    ...[...run.passed, ...run.failed].flatMap(({ title, file }) =>
      readIds(title)
        .filter((id) => !known.has(id))
        .map((id) => `${id} in the title of a test in ${file} is no requirement.`),
    ),
    ...Object.keys(exceptions)
      .filter((key) => !used.has(key))
      .map((key) => {
        const exists = requirements.some(({ id }) => id === key || id.startsWith(`${key}-`))
        return `${key} in exceptions.ts has to go: ${exists ? 'it is proven' : 'there is no such requirement'}.`
      }),
  ]
  return { rows, faults: [...new Set(faults)] }
}

/** The MUST and SHOULD of the sources that have to be answered which are neither proven nor excepted. */
export function listUnanswered({ rows }: Report): string[] {
  return rows
    .filter(({ status }) => status === 'open')
    .map(({ requirement }) => requirement)
    .filter(({ id, level }) => level !== 'MAY' && answered.has(readSource(id)))
    .map(({ id }) => id)
}

function listProofs({ passed, failed }: Run): Map<string, Test[]> {
  const refuted = new Set(failed.flatMap(({ title }) => readIds(title)))
  const proofs = new Map<string, Test[]>()
  // In parallel, files end in any order.
  for (const test of passed.toSorted((a, b) => compare(a.file, b.file))) {
    for (const id of new Set(readIds(test.title))) {
      if (!refuted.has(id)) proofs.set(id, [...(proofs.get(id) ?? []), test])
    }
  }
  return proofs
}

/** The key of the exception that speaks for an id, the longest one first. */
function findException(id: string, exceptions: Exceptions): string | undefined {
  const parts = id.split('-')
  const keys = parts.map((_, index) => parts.slice(0, parts.length - index).join('-'))
  return keys.find((key) => Object.hasOwn(exceptions, key))
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
