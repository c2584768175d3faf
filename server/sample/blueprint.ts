import { divisions, type Department, type Division } from './departments.ts'
import { offices, type Office } from './offices.ts'
import { apportion, createRandom, drawInteger, streams, type Random } from './random.ts'

/** The large parts of a company: what is decided before any single person is. */
export interface Blueprint {
  readonly seed: number
  readonly size: number
  /** The headquarters first. */
  readonly offices: readonly Office[]
  readonly branches: readonly Branch[]
  /** Whether there are executives between the chief and the heads of department. */
  readonly hasExecutives: boolean
}

export interface Branch {
  readonly division: Division
  readonly units: readonly Unit[]
}

interface Unit {
  readonly department: Department
  readonly people: number
}

const fewestWithExecutives = 200

export function drawBlueprint(size: number, seed: number): Blueprint {
  const hasExecutives = size >= fewestWithExecutives
  return {
    seed,
    size,
    offices: drawOffices(size, createRandom(seed, streams.blueprint)),
    branches: planBranches(size, hasExecutives),
    hasExecutives,
  }
}

function drawOffices(size: number, random: Random): Office[] {
  const count = Math.min(size, offices.length, Math.max(2, Math.round(4 * Math.log10(size) - 4)))
  const remaining = [...offices]
  return Array.from({ length: count }, () => remaining.splice(drawInteger(random, 0, remaining.length - 1), 1)).flat()
}

function planBranches(size: number, hasExecutives: boolean): Branch[] {
  const divisionCount = countDivisions(size)
  const chosen = divisions.slice(0, divisionCount).map((division, turn) => ({
    division,
    // Divisions take turns at choosing departments.
    departments: division.departments.slice(0, Math.ceil((countDepartments(size) - turn) / divisionCount)),
  }))
  const departments = chosen.flatMap((choice) => choice.departments)
  // The chief, and beside each executive and the chief an assistant, belong to the executive office.
  const people = size - (hasExecutives ? 2 + 2 * divisionCount : 1)
  const weights = departments.map(({ weight }) => weight)
  const shares = apportion(people, weights, Math.min(5, Math.floor(people / departments.length)))
  const units = departments.map((department, position) => ({ department, people: shares[position] ?? 0 }))
  return chosen.map((choice) => ({
    division: choice.division,
    units: units.filter(({ department }) => choice.departments.includes(department)),
  }))
}

function countDivisions(size: number): number {
  if (size < 5000) return Math.min(4, countDepartments(size))
  return size < 20_000 ? 5 : 6
}

function countDepartments(size: number): number {
  if (size <= 1000) return Math.min(size - 1, 12, Math.max(4, Math.round((size - 1) / 5)))
  return Math.min(48, Math.round(12 + 12 * Math.log10(size / 1000)))
}
