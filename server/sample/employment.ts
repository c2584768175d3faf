import { drawInteger, type Random } from './random.ts'
import type { Position } from './structure.ts'

export interface Employment {
  readonly active: boolean
  readonly status: 'active' | 'on_leave' | 'suspended' | 'terminated' | 'retired' | 'contractor'
  readonly type: 'full_time' | 'part_time' | 'contractor' | 'intern' | 'temporary'
  readonly startDate: string
  readonly endDate?: string
}

/** `today` counts days since 1970. */
export function drawEmployment({ rank, standing }: Position, today: number, random: Random): Employment {
  switch (standing) {
    case 'terminated':
      return drawLeaver(standing, today, random, [30, 3000])
    case 'retired':
      return drawLeaver(standing, today, random, [4000, 14_000])
    case 'contractor':
      return { active: true, status: 'contractor', type: 'contractor', ...drawTerm(today, random, 900, 540) }
    case 'intern':
      return { active: true, status: 'active', type: 'intern', ...drawTerm(today, random, 150, 150) }
    case 'future': {
      // Hired and set up, and not there yet: only the date tells.
      const startDate = formatDay(today + drawInteger(random, 1, 120))
      return { active: true, status: 'active', type: drawPermanentType(random), startDate }
    }
    case 'suspended':
    case 'on_leave':
      return {
        active: standing === 'on_leave',
        status: standing,
        type: drawPermanentType(random),
        startDate: drawPastStart(rank, today, random),
      }
    case 'employed':
      if (rank === 'member' && random() < 0.01) {
        return { active: true, status: 'active', type: 'temporary', ...drawTerm(today, random, 300, 300) }
      }
      return {
        active: true,
        status: 'active',
        type: drawPermanentType(random),
        startDate: drawPastStart(rank, today, random),
      }
  }
}

function drawLeaver(
  status: 'terminated' | 'retired',
  today: number,
  random: Random,
  [shortest, longest]: readonly [number, number],
): Employment {
  const end = today - drawInteger(random, 1, 720)
  const startDate = formatDay(end - drawInteger(random, shortest, longest))
  return { active: false, status, type: drawPermanentType(random), startDate, endDate: formatDay(end) }
}

function drawTerm(today: number, random: Random, longestAgo: number, longestAhead: number) {
  const startDate = formatDay(today - drawInteger(random, 0, longestAgo))
  return { startDate, endDate: formatDay(today + drawInteger(random, 1, longestAhead)) }
}

function drawPermanentType(random: Random): 'full_time' | 'part_time' {
  return random() < 0.08 ? 'part_time' : 'full_time'
}

function drawPastStart(rank: Position['rank'], today: number, random: Random): string {
  // The square makes short employments the common ones, as they are where people come and go.
  const daysAgo = rank === 'member' ? 4500 * random() ** 2 : 400 + 6500 * random() ** 1.5
  return formatDay(today - Math.floor(daysAgo))
}

// A company has a few thousand different days and a million people who need one.
const formattedDays = new Map<number, string>()

function formatDay(day: number): string {
  const known = formattedDays.get(day)
  if (known !== undefined) return known
  const formatted = new Date(day * 86_400_000).toISOString().slice(0, 10)
  formattedDays.set(day, formatted)
  return formatted
}
