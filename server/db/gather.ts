// Look-ups of one kind that come at the same time are asked together, in one statement. None waits for company: it is sent at
// once where few are under way, and else with all that came meanwhile. So a busy server asks less often, and a quiet one as soon.
import type { Database } from './connect.ts'
import { isConnectionFault } from './faults.ts'
import { Parameters, query } from './query.ts'

const maxUnderWay = 2
const maxTogether = 20

/** A look-up; those of the same text and the same shared parameters are of one kind. */
export interface Question {
  /** Selects from `Keys.sql`, and gives the rows of each question its number as `key`. */
  readonly text: string
  /** $1 and those that follow. */
  readonly shared: readonly unknown[]
  /** What this one asks for, as its text refers to it by `Keys`. */
  readonly keys: readonly string[]
}

export interface Found {
  /** The number of the question, as text. */
  readonly key: string
}

/** The parameters of a question behind its `shared` ones: each is an array with the key of every question. */
export class Keys extends Parameters {
  readonly #first: number

  constructor(shared: readonly unknown[]) {
    super()
    this.#first = shared.length + 1
  }

  /** Selects the numbers of the questions, as k.n. Unlike unnest it is planned alike for one key and for many. */
  get sql(): string {
    return `(select n from generate_subscripts($${this.#first}::text[], 1) n limit ${maxTogether}) k`
  }

  override add(value: unknown): string {
    this.values.push(value)
    return `($${this.#first + this.values.length - 1}::text[])[k.n]`
  }
}

interface Waiting {
  readonly question: Question
  readonly resolve: (rows: Found[]) => void
  readonly reject: (error: unknown) => void
}

interface Kind {
  readonly text: string
  readonly name: string
  readonly waiting: Waiting[]
  underWay: number
}

export class Gatherer {
  readonly #db: Database
  // By text, which is long and compared by what the engine remembers of it, and then by what is shared.
  readonly #kinds = new Map<string, Map<string, Kind>>()

  constructor(db: Database) {
    this.#db = db
  }

  ask(question: Question): Promise<Found[]> {
    const kind = this.#findKind(question)
    return new Promise((resolve, reject) => {
      kind.waiting.push({ question, resolve, reject })
      void this.#send(kind)
    })
  }

  #findKind({ text, shared }: Question): Kind {
    const ofText = this.#kinds.get(text) ?? new Map<string, Kind>()
    const name = JSON.stringify(shared)
    const kind = ofText.get(name) ?? { text, name, waiting: [], underWay: 0 }
    this.#kinds.set(text, ofText)
    ofText.set(name, kind)
    return kind
  }

  async #send(kind: Kind): Promise<void> {
    if (kind.underWay >= maxUnderWay) return
    kind.underWay++
    while (kind.waiting.length > 0) await answer(this.#db, kind.waiting.splice(0, maxTogether))
    kind.underWay--
    if (kind.underWay > 0) return
    const ofText = this.#kinds.get(kind.text)
    ofText?.delete(kind.name)
    if (ofText?.size === 0) this.#kinds.delete(kind.text)
  }
}

// A key that PostgreSQL refuses must not take the other questions along. Where it does not answer, none need be asked again.
async function answer(db: Database, asked: readonly Waiting[]): Promise<void> {
  try {
    const rows = await askTogether(
      db,
      asked.map(({ question }) => question),
    )
    asked.forEach(({ resolve }, index) => resolve(rows.filter(({ key }) => key === String(index + 1))))
  } catch (error) {
    if (asked.length === 1 || isConnectionFault(error)) for (const { reject } of asked) reject(error)
    else await Promise.all(asked.map((one) => answer(db, [one])))
  }
}

async function askTogether(db: Database, questions: readonly Question[]): Promise<Found[]> {
  const [first] = questions
  if (first === undefined) return []
  const columns = first.keys.map((_, column) => questions.map(({ keys }) => keys[column]))
  return query<Found>(db, first.text, [...first.shared, ...columns])
}

/** The rows that a question asks for, together with other questions where it is not inside a transaction. */
export async function ask<Row extends Found>(db: Database, question: Question): Promise<Row[]> {
  const rows = db.gatherer === undefined ? await askTogether(db, [question]) : await db.gatherer.ask(question)
  return rows as Row[]
}
