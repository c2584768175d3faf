import { AppError } from '../errors.ts'
import { drawBlueprint } from './blueprint.ts'
import { listGroups, type SampleGroup } from './groups.ts'
import { listPeople, type SamplePerson } from './people.ts'
import { createRandom, pickOne, streams } from './random.ts'

export interface SampleCompany {
  /** Fictitious. */
  readonly name: string
  /** Below .example, which nobody can own. */
  readonly domain: string
  /** Managers always come before the people who report to them. Each call starts anew, with the same people. */
  people(): Iterable<SamplePerson>
  /** Each call starts anew, with the same groups. */
  groups(): Iterable<SampleGroup>
}

export interface SampleOptions {
  readonly size: number
  readonly seed?: number
  readonly now: Date
}

const largestSize = 1_000_000

const companyNames = `Larkspur, Fernhollow, Quillmere, Thistledown, Novarra, Hollowbrook, Ostravale, Pinemarrow, Kelpford,
  Mossgate, Vantreva, Elderwick, Sablefen, Corvane, Tarnfield, Wrenholt, Ambergate, Brackenshaw, Dunmarrow, Isenford`

/** A made-up company: the same size, seed and day give the same people and groups, to the letter. */
export function createSampleCompany({ size, seed = 1, now }: SampleOptions): SampleCompany {
  if (!Number.isInteger(size) || size < 1 || size > largestSize) {
    throw new AppError('invalid_value', `The size must be a whole number from 1 to ${largestSize}.`)
  }
  const blueprint = drawBlueprint(size, seed)
  const name = pickOne(createRandom(seed, streams.name), companyNames.split(/,\s+/))
  const domain = `${name.toLowerCase()}.example`
  return {
    name,
    domain,
    people: () => listPeople({ name, domain, now }, blueprint),
    groups: () => listGroups(blueprint),
  }
}
