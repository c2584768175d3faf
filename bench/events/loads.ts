// Changes over SCIM, and how long after the answer to each the receiver of a webhook was told of it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ChaosReceiver } from '../../test/chaos/receiver.ts'
import { ChaosSender } from '../../test/chaos/sender.ts'
import { connections } from '../options.ts'
import { type EventsLoad, percentile } from '../results.ts'

const people = 500
const steadyPerSecond = 50

/** A fixed number of changes a second, for so long. */
export async function loadSteadily(url: string, seconds: number): Promise<EventsLoad> {
  return measure(url, async (change) => {
    const started = performance.now()
    const changes: Promise<void>[] = []
    for (let count = 0; count < steadyPerSecond * seconds; count++) {
      await wait(Math.max(0, started + (count * 1000) / steadyPerSecond - performance.now()))
      changes.push(change(count))
    }
    await Promise.all(changes)
  })
}

/** So many changes that have gathered while the endpoint was disabled: how many a second it is then told. */
export async function tellGathered(url: string, changes: number): Promise<number> {
  return withEndpoint(url, async ({ sender, receiver, change }) => {
    await sender.enable(false)
    await inParallel(changes, change)
    await sender.numbered()
    await sender.enable(true)
    const started = Date.now()
    await sender.settled()
    return (changes * 1000) / (Math.max(...receiver.list().map(({ at }) => at)) - started)
  })
}

/** So many changes, as fast as they are taken. */
export async function loadAtOnce(url: string, changes: number): Promise<EventsLoad> {
  return measure(url, (change) => inParallel(changes, change))
}

async function inParallel(changes: number, change: (count: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const write = async (): Promise<void> => {
    while (next < changes) await change(next++)
  }
  await Promise.all(Array.from({ length: connections }, write))
}

function measure(url: string, load: (change: (count: number) => Promise<void>) => Promise<void>): Promise<EventsLoad> {
  return withEndpoint(url, async ({ sender, receiver, change }) => {
    const answered = new Map<string, number>()
    const started = Date.now()
    await load(async (count) => {
      answered.set(await change(count), Date.now())
    })
    const written = Date.now()
    await sender.settled()
    const receptions = receiver.list()
    // What was told before the writer had read its answer has no lag.
    const lags = receptions.flatMap(({ resourceId, version, at }) => {
      const answeredAt = answered.get(`${resourceId} ${version}`)
      return answeredAt === undefined ? [] : [Math.max(0, at - answeredAt)]
    })
    const ended = Math.max(...receptions.map(({ at }) => at))
    if (lags.length !== answered.size) throw new Error(`${answered.size} changes were told ${lags.length} times`)
    return {
      changes: answered.size,
      writtenPerSecond: (answered.size * 1000) / (written - started),
      toldPerSecond: (answered.size * 1000) / (ended - started),
      p50: percentile(lags, 0.5),
      p99: percentile(lags, 0.99),
      most: Math.max(...lags),
    }
  })
}

interface Endpoint {
  readonly sender: ChaosSender
  readonly receiver: ChaosReceiver
  /** Changes a person, and says who and which version that is. */
  change(count: number): Promise<string>
}

async function withEndpoint<Result>(url: string, work: (endpoint: Endpoint) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-bench-'))
  const receiver = new ChaosReceiver(path.join(folder, 'receptions'), 0)
  const sender = new ChaosSender(url)
  try {
    await Promise.all([receiver.start(), sender.start()])
    const ids = await Promise.all(Array.from({ length: people }, (_, index) => sender.create(`person-${index}`)))
    await sender.addEndpoint(receiver.url)
    const change = async (count: number): Promise<string> => {
      const id = ids[count % people] ?? ''
      return `${id} ${await sender.change(id, `change-${count}`)}`
    }
    return await work({ sender, receiver, change })
  } finally {
    await receiver.kill()
    await sender.close()
    await rm(folder, { recursive: true, force: true })
  }
}
