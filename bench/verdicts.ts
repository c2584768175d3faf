// What the figures say about the targets.
import { type Cell, median, type Result, type Row } from './results.ts'
import { findFloorTarget, growthTarget, memoryTargetMb, memoryTargetUsers, peerTarget, sizeTarget } from './targets.ts'

export interface Verdict {
  readonly what: string
  /** undefined where it could not be measured. */
  readonly value: number | undefined
  readonly target: string
  readonly isMet: boolean
}

/** The figure of a cell; undefined where there is none that counts. */
export function perSecond(cell: Cell | undefined): number | undefined {
  return cell === undefined || cell.wrong !== undefined || cell.rounds.length === 0 ? undefined : median(cell.rounds)
}

/** The median of the ratios of the rounds: the two servers of a round had the machine in the same state. */
export function ratioOf(cell: Cell | undefined, to: Cell | undefined): number | undefined {
  if (perSecond(cell) === undefined || perSecond(to) === undefined) return undefined
  return median((cell?.rounds ?? []).map((own, round) => own / (to?.rounds[round] ?? Number.NaN)))
}

/** The best peer of a row with a database that answers rightly. */
export function findBestPeer(result: Result, row: Row): string | undefined {
  const figure = (name: string): number => perSecond(row.cells[name]) ?? 0
  return result.servers
    .filter(({ name, isDatabaseBacked }) => isDatabaseBacked && name !== 'floor' && name !== 'rollcall')
    .map(({ name }) => name)
    .filter((name) => figure(name) > 0)
    .toSorted((a, b) => figure(b) - figure(a))[0]
}

/** The verdicts on one size of the directory. */
export function judge(result: Result): Verdict[] {
  return [
    ...result.rows.flatMap((row) => judgeFloor(row)),
    ...result.rows.flatMap((row) => judgePeers(result, row)),
    ...['add_member', 'remove_member', 'get_group_without_members'].flatMap((name) => judgeSizes(result, name)),
    ...result.rows.filter(({ name }) => name === 'members_200_at_once').map(judgeBurst),
    ...judgeMemory(result),
  ]
}

function judgeFloor(row: Row): Verdict[] {
  const target = findFloorTarget(row.name)
  const { rollcall, floor } = row.cells
  if (target === undefined || rollcall === undefined || floor === undefined) return []
  const value = ratioOf(rollcall, floor)
  return [{ what: `${row.name} / floor`, value, target: `≥ ${target}`, isMet: value !== undefined && value >= target }]
}

function judgePeers(result: Result, row: Row): Verdict[] {
  const best = findBestPeer(result, row)
  if (best === undefined || row.cells['rollcall'] === undefined) return []
  const value = ratioOf(row.cells['rollcall'], row.cells[best])
  const isMet = value !== undefined && value >= peerTarget
  return [{ what: `${row.name} / ${best}`, value, target: `≥ ${peerTarget}`, isMet }]
}

// The sizes took turns, so the rounds of one number are compared with each other.
function judgeSizes({ rows }: Result, name: string): Verdict[] {
  const cells = rows.filter((row) => row.name.replace(/_\d+$/, '') === name).map((row) => row.cells['rollcall'])
  if (cells.length < 2) return []
  const what = `${name}: fastest size / slowest`
  const target = `≤ ${sizeTarget}`
  if (cells.some((cell) => perSecond(cell) === undefined)) return [{ what, value: undefined, target, isMet: false }]
  const medians = cells.map((cell) => median(cell?.rounds.map((own, round) => own / meanOf(cells, round)) ?? []))
  const value = Math.max(...medians) / Math.min(...medians)
  return [{ what, value, target, isMet: value <= sizeTarget }]
}

function meanOf(cells: readonly (Cell | undefined)[], round: number): number {
  return cells.reduce((sum, cell) => sum + (cell?.rounds[round] ?? 0), 0) / cells.length
}

function judgeBurst(row: Row): Verdict {
  const cell = row.cells['rollcall']
  const isMet = perSecond(cell) !== undefined
  return { what: '200 members at once, kept', value: isMet ? 200 : undefined, target: '200', isMet }
}

function judgeMemory({ users, memory }: Result): Verdict[] {
  const peak = memory['rollcall']?.peakMb
  if (peak === undefined || users < memoryTargetUsers) return []
  return [
    { what: 'memory of the server, peak MB', value: peak, target: `< ${memoryTargetMb}`, isMet: peak < memoryTargetMb },
  ]
}

/** Rollcall in a larger directory against itself in a smaller one, row by row. */
export function judgeGrowth(small: Result, large: Result): (Verdict & { readonly floor: number | undefined })[] {
  return small.rows.flatMap((row) => {
    const other = large.rows.find((one) => one.name === row.name)
    if (other === undefined) return []
    const grow = (server: string): number | undefined => {
      const [before, after] = [perSecond(row.cells[server]), perSecond(other.cells[server])]
      return before === undefined || after === undefined ? undefined : after / before
    }
    const value = grow('rollcall')
    const isMet = value !== undefined && value >= growthTarget
    return [{ what: row.name, value, target: `≥ ${growthTarget}`, isMet, floor: grow('floor') }]
  })
}
