import type { Blueprint, Branch } from './blueprint.ts'
import { executiveOffice, type Department, type Division } from './departments.ts'
import type { Office } from './offices.ts'
import { apportion, createRandom, streams, type Random } from './random.ts'
import { createTeamNames } from './teams.ts'

export type Rank = 'chief' | 'executive' | 'assistant' | 'head' | 'manager' | 'member'

export type Standing =
  'employed' | 'on_leave' | 'suspended' | 'future' | 'contractor' | 'intern' | 'terminated' | 'retired'

/** A place in the company before a person with a name and a telephone is put into it. */
export interface Position {
  readonly index: number
  readonly managerIndex: number | undefined
  readonly rank: Rank
  /** How many people are below, at all levels. */
  readonly below: number
  readonly division: Division | undefined
  readonly department: Department
  readonly office: Office
  readonly team: string | undefined
  readonly standing: Standing
}

type Post = Omit<Position, 'index' | 'office' | 'standing'> & { readonly managerOffice: Office | undefined }

const maximumSpan = 12
// How many people a manager has, one level above a team, two levels above, and so on.
const usualBranchSizes = [8.5, 72, 612, 5200, 44_000, 375_000]

/**
 * Every position of the company, each manager before the people below. Walks down one branch at a time, so that what
 * is kept is the open branch and not the company.
 */
export function* walkPositions(blueprint: Blueprint): Generator<Position, void, undefined> {
  const random = createRandom(blueprint.seed, streams.structure)
  const nextTeamName = createTeamNames()
  const open: Post[] = [describeTopPost(blueprint)]
  for (let index = 0; ; index++) {
    const post = open.pop()
    if (post === undefined) return
    const position: Position = {
      index,
      managerIndex: post.managerIndex,
      rank: post.rank,
      below: post.below,
      division: post.division,
      department: post.department,
      office: drawOffice(blueprint, post, random),
      team: post.below > 0 && post.below <= maximumSpan && post.rank !== 'chief' ? nextTeamName() : post.team,
      standing: drawStanding(post.rank, random),
    }
    yield position
    if (post.below > 0) open.push(...listReports(blueprint, position, random).toReversed())
  }
}

function describeTopPost({ size }: Blueprint): Post {
  return {
    managerIndex: undefined,
    managerOffice: undefined,
    rank: 'chief',
    below: size - 1,
    division: undefined,
    department: executiveOffice,
    team: undefined,
  }
}

function listReports(blueprint: Blueprint, manager: Position, random: Random): Post[] {
  if (manager.rank === 'chief') return listReportsOfChief(blueprint, manager)
  if (manager.rank === 'executive') return listReportsOfExecutive(blueprint, manager)
  return splitBranch(manager.below, random).map((people) =>
    describeReport(manager, { rank: people === 1 ? 'member' : 'manager', below: people - 1 }),
  )
}

function listReportsOfChief({ branches, hasExecutives }: Blueprint, chief: Position): Post[] {
  if (!hasExecutives) return branches.flatMap((branch) => listHeads(branch, chief))
  const executives = branches.map((branch) => {
    const below = branch.units.reduce((sum, { people }) => sum + people, 1)
    return describeReport(chief, { rank: 'executive', below, division: branch.division })
  })
  return [describeReport(chief, { rank: 'assistant' }), ...executives]
}

function listReportsOfExecutive({ branches }: Blueprint, executive: Position): Post[] {
  const ownBranches = branches.filter(({ division }) => division === executive.division)
  const heads = ownBranches.flatMap((branch) => listHeads(branch, executive))
  return [describeReport(executive, { rank: 'assistant' }), ...heads]
}

function listHeads({ division, units }: Branch, manager: Position): Post[] {
  return units.map(({ department, people }) =>
    describeReport(manager, { rank: 'head', below: people - 1, division, department }),
  )
}

function describeReport(manager: Position, own: { rank: Rank } & Partial<Post>): Post {
  const { below = 0, division = manager.division, department = manager.department } = own
  return {
    managerIndex: manager.index,
    managerOffice: manager.office,
    rank: own.rank,
    below,
    division,
    department,
    // A manager of managers has no team to hand down; a lead opens one when the post is filled.
    team: below === 0 ? manager.team : undefined,
  }
}

/** How many people each direct report stands for, that report included. */
function splitBranch(people: number, random: Random): number[] {
  if (people <= maximumSpan) return Array.from({ length: people }, () => 1)
  const level = usualBranchSizes.findLastIndex((usual) => people > maximumSpan * usual) + 1
  const usual = (usualBranchSizes[level] ?? people / maximumSpan) * (0.85 + 0.3 * random())
  const fewest = Math.min(4, Math.floor(people / 6))
  const managers = Math.max(fewest, Math.min(maximumSpan - 1, Math.round(people / usual)))
  const specialists = Math.max(4 - managers, random() < 0.3 ? 1 : 0)
  // Uneven, and not so uneven that one branch would need a level more than the others.
  const weights = Array.from({ length: managers }, () => 0.8 + 0.4 * random())
  // A manager and a span of four is the least; the few branches that have no room for that get what there is.
  const smallest = Math.min(5, Math.floor((people - specialists) / managers))
  return [...Array.from({ length: specialists }, () => 1), ...apportion(people - specialists, weights, smallest)]
}

const chancesOfLocalOffice: Record<Rank, number> = {
  chief: 0,
  executive: 0.8,
  assistant: 1,
  head: 0.15,
  manager: 0.7,
  member: 0.88,
}

function drawOffice({ offices: sites }: Blueprint, { rank, managerOffice }: Post, random: Random): Office {
  if (managerOffice === undefined) return sites[0] as Office
  if (random() < chancesOfLocalOffice[rank]) return managerOffice
  // The square of a draw favours the first: the headquarters is the largest office and the last one the smallest.
  return sites[Math.floor(random() ** 2 * sites.length)] as Office
}

// Of members: with one manager to seven or eight of them, 6.9 % of the members make 6 % of the people.
const standingsOfMembers: readonly (readonly [Standing, number])[] = [
  ['terminated', 0.058],
  ['retired', 0.011],
  ['contractor', 0.057],
  ['future', 0.023],
  ['intern', 0.016],
  ['suspended', 0.002],
]

/** Managers are there or on leave; who has left or has yet to come leads nobody. */
function drawStanding(rank: Rank, random: Random): Standing {
  if (rank === 'chief' || rank === 'assistant') return 'employed'
  let chance = random()
  if (chance < 0.03) return 'on_leave'
  if (rank !== 'member') return 'employed'
  chance -= 0.03
  for (const [standing, share] of standingsOfMembers) {
    if (chance < share) return standing
    chance -= share
  }
  return 'employed'
}
