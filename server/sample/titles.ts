import { pickOne, type Random } from './random.ts'
import type { Position } from './structure.ts'

// The most people below that go with the title.
const managerTitles: readonly (readonly [number, string])[] = [
  [12, 'Team Lead'],
  [100, 'Manager'],
  [850, 'Senior Manager'],
  [7000, 'Director'],
  [Infinity, 'Senior Director'],
]

const grades = ['Junior ', '', '', 'Senior '] as const

export function drawTitle({ rank, below, standing, division, department }: Position, random: Random): string {
  switch (rank) {
    case 'chief':
      return 'Chief Executive Officer'
    case 'executive':
      return division?.executiveTitle ?? 'Executive'
    case 'assistant':
      return 'Executive Assistant'
    case 'head':
      return `Head of ${department.name}`
    case 'manager':
      return `${managerTitles.find(([most]) => below <= most)?.[1] ?? 'Manager'}, ${department.name}`
    case 'member':
      if (standing === 'intern') return `${department.name} Intern`
      return `${pickOne(random, grades)}${pickOne(random, department.roles)}`
  }
}
