import type { Random } from './random.ts'
import type { Position } from './structure.ts'

export interface Role {
  readonly name: string
  readonly description: string
  readonly security: boolean
  belongs(position: Position, random: Random): boolean
}

// How many people of a division work from outside the office at times.
const remoteShares: Readonly<Record<string, number>> = { Technology: 0.6, Commercial: 0.4, Product: 0.5, Services: 0.7 }

/** Groups of people who may do or have to do something, wherever in the company they are. */
export const roles: readonly Role[] = [
  {
    name: 'Managers',
    description: 'Everyone whom somebody reports to',
    security: true,
    belongs: ({ below }) => below > 0,
  },
  {
    name: 'Leadership',
    description: 'The chief executive, the executives and the heads of department',
    security: false,
    belongs: ({ rank }) => rank === 'chief' || rank === 'executive' || rank === 'head',
  },
  {
    name: 'VPN-Users',
    description: 'May reach the internal network from outside',
    security: true,
    belongs: ({ below, division }, random) =>
      random() < (below > 0 ? 0.9 : (remoteShares[division?.name ?? ''] ?? 0.1)),
  },
  {
    name: 'On-Call-Rotation',
    description: 'Takes turns at answering alerts at night and on days off',
    security: true,
    belongs: ({ division, standing }, random) =>
      division?.name === 'Technology' && standing === 'employed' && random() < 0.15,
  },
  {
    name: 'Purchase-Approvers',
    description: 'May approve purchase orders of their cost centre',
    security: true,
    belongs: ({ rank, below }) => rank === 'chief' || rank === 'head' || below > 12,
  },
  {
    name: 'Contractors',
    description: 'External staff on a contract that ends',
    security: true,
    belongs: ({ standing }) => standing === 'contractor',
  },
  {
    name: 'First-Aiders',
    description: 'Trained in first aid; find the nearest one by office',
    security: false,
    belongs: ({ standing }, random) => standing === 'employed' && random() < 0.04,
  },
]
