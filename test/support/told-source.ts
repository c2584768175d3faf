// A source of which a test says page by page what it tells.
import type { Json, JsonObject, Page, Provider, SourceRecord } from '../../providers/provider.ts'
import { ScriptedSource } from './scripted-source.ts'

export class ToldSource {
  readonly provider: Provider
  /** From which cursor each pull went on. */
  readonly cursors: (Json | undefined)[] = []
  readonly #pulls: (readonly (Page | Error)[])[] = []
  #told = 0

  constructor() {
    this.provider = {
      ...new ScriptedSource().provider,
      open: () => ({
        check: () => Promise.resolve([]),
        pull: (cursor) => this.#pull(cursor),
      }),
    }
  }

  /** What the next pull tells, or throws; each page has a cursor of its own. */
  tell(...pages: readonly (Partial<Page> | Error)[]): void {
    this.#pulls.push(
      pages.map((page) => {
        return page instanceof Error ? page : { records: [], cursor: `after ${++this.#told}`, ...page }
      }),
    )
  }

  async *#pull(cursor: Json | undefined): AsyncGenerator<Page> {
    this.cursors.push(cursor)
    for (const page of this.#pulls.shift() ?? []) {
      if (page instanceof Error) throw page
      yield await Promise.resolve(page)
    }
  }
}

export function tellUser(id: string, fields: JsonObject = {}, groups?: readonly string[]): SourceRecord {
  const usual = { email: `${id}@larkspur.example`, firstName: id, lastName: 'Sample', status: 'active' }
  return { id, type: 'user', fields: { ...usual, ...fields }, ...(groups !== undefined && { groups }) }
}

/** Members are people. */
export function tellGroup(id: string, members?: readonly string[]): SourceRecord {
  const stated = members?.map((member) => ({ id: member, type: 'user' as const }))
  return { id, type: 'group', fields: { displayName: id }, ...(stated !== undefined && { members: stated }) }
}
