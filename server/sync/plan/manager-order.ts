// The order in which people are planned: whoever others report to comes before them.

export interface ManagerOrder {
  /** Everybody once; who reports to nobody of them first, then those who report to these, and so on, each level in the given order. */
  readonly order: readonly string[]
  /** Whose reference to a manager closes a circle, and is dropped. */
  readonly closing: ReadonlySet<string>
}

/** `managers` is person → manager, or null; a manager who is not among the people is as none. */
export function orderByManager(managers: ReadonlyMap<string, string | null>): ManagerOrder {
  const closing = new Set<string>()
  const depths = new Map<string, number>()
  const levels: string[][] = []
  for (const person of managers.keys()) measure(person, managers, depths, closing)
  for (const person of managers.keys()) {
    const depth = depths.get(person) ?? 0
    ;(levels[depth] ??= []).push(person)
  }
  return { order: levels.flat(), closing }
}

// Walks up to whoever is measured already, and gives all on the way their depth. A loop, for a chain may be longer than the stack.
function measure(
  start: string,
  managers: ReadonlyMap<string, string | null>,
  depths: Map<string, number>,
  closing: Set<string>,
): void {
  const way: string[] = []
  const onWay = new Set<string>()
  let depth = 0
  for (let person = start; ;) {
    const known = depths.get(person)
    if (known !== undefined) {
      depth = known + 1
      break
    }
    way.push(person)
    onWay.add(person)
    const manager = managers.get(person) ?? null
    if (manager === null || !managers.has(manager)) break
    if (onWay.has(manager)) {
      closing.add(person)
      break
    }
    person = manager
  }
  for (const person of way.toReversed()) depths.set(person, depth++)
}
