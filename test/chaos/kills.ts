// Tells of many changes while the sender and the receiver are killed, and looks at what came.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ChaosReceiver } from './receiver.ts'
import type { Reception } from './receiver-process.ts'
import { ChaosSender } from './sender.ts'

const writers = 4
// So that, with what is sent again, a fifth of the requests are refused.
const refusal = 0.25

export interface ChaosLoad {
  readonly changes: number
  /** How many of them are of the same person, one after the other. */
  readonly changesOfEach: number
}

export interface Chaos {
  readonly events: number
  /** Requests that the receiver took; more than events, for some came again. */
  readonly receptions: number
  /** How many of all requests it refused. */
  readonly refusedShare: number
  /** The numbers of events that never came. */
  readonly lost: readonly number[]
  /** Resources whose events came first in another order than they happened. */
  readonly disordered: readonly string[]
  readonly seconds: number
}

/**
 * So many changes over SCIM in the empty database at `url`. The receiver refuses some
 * requests; the sender is killed twice and
 * the receiver once, each when so many events have come.
 */
export async function tellThroughKills(url: string, { changes, changesOfEach }: ChaosLoad): Promise<Chaos> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-chaos-'))
  const receiver = new ChaosReceiver(path.join(folder, 'receptions'), refusal)
  const sender = new ChaosSender(url)
  try {
    await Promise.all([receiver.start(), sender.start()])
    await sender.addEndpoint(receiver.url)
    const started = performance.now()
    await Promise.all([write(sender, changes, changesOfEach), killInTurns(sender, receiver, changes)])
    const numbers = await sender.settled()
    const seconds = (performance.now() - started) / 1000
    return { ...compare(numbers, receiver.list()), seconds }
  } finally {
    await receiver.kill()
    await sender.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function write(sender: ChaosSender, changes: number, changesOfEach: number): Promise<void> {
  const people = Math.ceil(changes / changesOfEach)
  let next = 0
  const writer = async (): Promise<void> => {
    while (next < people) {
      const id = await sender.create(`person-${next++}`)
      for (let change = 1; change < changesOfEach; change++) await sender.change(id, `change-${change}`)
    }
  }
  await Promise.all(Array.from({ length: writers }, writer))
}

async function killInTurns(sender: ChaosSender, receiver: ChaosReceiver, changes: number): Promise<void> {
  for (const share of [0.2, 0.5]) {
    await receiver.knows(changes * share)
    await sender.stop('SIGKILL')
    await sender.start()
  }
  await receiver.knows(changes * 0.8)
  await receiver.kill()
  // Until it counts as failing: what failed is then due as soon as it is back, and not when its pause is over.
  await sender.counts(20)
  await receiver.start()
}

function compare(numbers: readonly number[], requests: readonly Reception[]): Omit<Chaos, 'seconds'> {
  const receptions = requests.filter(({ isKept }) => isKept)
  const first = new Map<number, Reception>()
  for (const reception of receptions) if (!first.has(reception.number)) first.set(reception.number, reception)
  const last = new Map<string, number>()
  const disordered = new Set<string>()
  for (const { resourceId, version } of first.values()) {
    if (version < (last.get(resourceId) ?? 0)) disordered.add(resourceId)
    last.set(resourceId, version)
  }
  return {
    events: numbers.length,
    receptions: receptions.length,
    refusedShare: requests.filter(({ isRefused }) => isRefused).length / requests.length,
    lost: numbers.filter((number) => !first.has(number)),
    disordered: [...disordered],
  }
}
