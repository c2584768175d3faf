// What the queries about who reports to whom must answer, worked out naively in memory.

export interface ModelPerson {
  readonly id: string
  readonly managerId: string | null
  readonly hasLeft: boolean
  readonly department: string | null
}

export interface ModelNode {
  readonly id: string
  readonly level: number
  readonly managerId: string | null
  readonly reports: number
}

export class CompanyModel {
  readonly people: ReadonlyMap<string, ModelPerson>
  /** Whom the queries may answer. */
  readonly #counts: (person: ModelPerson) => boolean
  readonly #passes: (person: ModelPerson) => boolean

  constructor(people: readonly ModelPerson[], includeInactive: boolean, department?: string) {
    this.people = new Map(people.map((person) => [person.id, person]))
    this.#passes = (person) => person.hasLeft && !includeInactive
    this.#counts = (person) => !this.#passes(person) && (department === undefined || person.department === department)
  }

  /** The nearest one above who has not left; those of `stops` count even so. */
  managerOf(id: string, ...stops: readonly string[]): string | undefined {
    const seen = new Set<string>()
    for (let next = this.people.get(id)?.managerId ?? null; next !== null && !seen.has(next);) {
      seen.add(next)
      const manager = this.people.get(next)
      if (manager === undefined) return undefined
      if (stops.includes(next) || !this.#passes(manager)) return next
      next = manager.managerId
    }
    return undefined
  }

  reportsOf(id: string, root = id): string[] {
    return [...this.people.values()]
      .filter((one) => one.id !== root && this.#counts(one) && this.managerOf(one.id, id, root) === id)
      .map((one) => one.id)
      .toSorted()
  }

  chainAbove(id: string): string[] {
    const chain: string[] = []
    for (let next = this.managerOf(id); next !== undefined && next !== id && !chain.includes(next);) {
      chain.push(next)
      next = this.managerOf(next)
    }
    return chain
  }

  /** Level by level, in the order of the ids. */
  tree(root: string, maxDepth: number): ModelNode[] {
    const nodes: ModelNode[] = []
    let level = [{ id: root, managerId: null as string | null }]
    for (let depth = 0; depth <= maxDepth && level.length > 0; depth++) {
      nodes.push(...level.map((one) => ({ ...one, level: depth, reports: this.reportsOf(one.id, root).length })))
      level = level
        .flatMap(({ id }) => this.reportsOf(id, root).map((report) => ({ id: report, managerId: id })))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    }
    return nodes
  }

  /** Who reports to nobody, with most people below first. */
  tops(): string[] {
    const tops = [...this.people.values()].filter((one) => this.#counts(one) && !this.#hasManager(one.id))
    const sizes = new Map(tops.map(({ id }) => [id, this.tree(id, Infinity).length]))
    const sizeOf = (id: string): number => sizes.get(id) ?? 0
    return tops.map(({ id }) => id).toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a < b ? -1 : 1))
  }

  #hasManager(id: string): boolean {
    // Who reports to nobody else reports to nobody.
    const managerId = this.managerOf(id, id)
    const manager = managerId === undefined || managerId === id ? undefined : this.people.get(managerId)
    return manager !== undefined && this.#counts(manager)
  }
}
