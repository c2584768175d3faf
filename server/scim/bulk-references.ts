// References between the operations of a bulk request (RFC 7644 section 3.7.2): `bulkId:x` stands for the id of what the
// operation with the bulkId x creates.
import { isObject } from './resource.ts'

/** The id that a bulkId stands for; undefined leaves the reference out. */
export type Resolve = (bulkId: string) => string | undefined

/** The bulkIds that a value refers to, wherever in it. */
export function findReferences(value: unknown): ReadonlySet<string> {
  const found = new Set<string>()
  replaceReferences(value, (bulkId) => {
    found.add(bulkId)
    return bulkId
  })
  return found
}

/**
 * A copy with an id in place of each reference: strings that are one, and strings within the filter of a PATCH path. Where a
 * reference is left out, what consists of it goes, too: the member of a group, the manager. Costs what the value is long.
 */
export function replaceReferences(value: unknown, resolve: Resolve): unknown {
  return isObject(value) ? replaceInMembers(value, resolve) : replaceIn(value, resolve, '')
}

/** The id in place of a text that is a reference, or the text. */
export function replaceReference(text: string, resolve: Resolve): string | undefined {
  const bulkId = readReference(text)
  return bulkId === undefined ? text : resolve(bulkId)
}

function replaceIn(value: unknown, resolve: Resolve, name: string): unknown {
  if (typeof value === 'string') {
    return name.toLowerCase() === 'path' ? replaceInPath(value, resolve) : replaceReference(value, resolve)
  }
  if (Array.isArray(value)) {
    return value.map((one) => replaceIn(one, resolve, name)).filter((one) => one !== undefined)
  }
  if (!isObject(value)) return value
  const replaced = replaceInMembers(value, resolve)
  return Object.keys(value).some((key) => key.toLowerCase() === 'value' && !Object.hasOwn(replaced, key))
    ? undefined
    : replaced
}

// Object.fromEntries defines own members, whatever they are called.
function replaceInMembers(object: Record<string, unknown>, resolve: Resolve): Record<string, unknown> {
  const entries = Object.entries(object).map(([name, value]) => [name, replaceIn(value, resolve, name)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

// The strings and words of a filter, one after the other; a string that does not end goes as far as the text.
const literals = /"(?:[^"\\]|\\[^])*"?|[^\s()[\]"]+/g

function replaceInPath(path: string, resolve: Resolve): string {
  return path.replace(literals, (literal) => {
    const bulkId = readReference(literal.startsWith('"') ? parseString(literal) : literal)
    const id = bulkId === undefined ? undefined : resolve(bulkId)
    return id === undefined ? literal : JSON.stringify(id)
  })
}

// What is no string the filter's own reader refuses.
function parseString(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    return ''
  }
}

function readReference(text: string): string | undefined {
  return text.startsWith('bulkId:') ? text.slice('bulkId:'.length) : undefined
}

export interface Component<Node> {
  readonly members: readonly Node[]
  /** Whether they depend on each other, or the only one on itself. */
  readonly isCircular: boolean
}

/**
 * Orders nodes so that each comes after those that it depends on, and otherwise as they stand; those that depend on each
 * other come together. Tarjan's strongly connected components, without recursion: a chain may be long.
 */
export function orderComponents<Node>(dependencies: ReadonlyMap<Node, readonly Node[]>): Component<Node>[] {
  const components: Component<Node>[] = []
  /** When each node was seen first, and the earliest open node that it leads to. */
  const seen = new Map<Node, number>()
  const earliest = new Map<Node, number>()
  const open: Node[] = []
  const isOpen = new Set<Node>()

  const dependenciesOf = (node: Node): readonly Node[] => dependencies.get(node) ?? []
  const leadTo = (node: Node, to = Infinity): void => {
    earliest.set(node, Math.min(earliest.get(node) ?? Infinity, to))
  }
  const enter = (node: Node): { node: Node; rest: Iterator<Node> } => {
    seen.set(node, seen.size)
    leadTo(node, seen.get(node))
    open.push(node)
    isOpen.add(node)
    return { node, rest: dependenciesOf(node).values() }
  }
  const leave = (node: Node): void => {
    if (earliest.get(node) !== seen.get(node)) return
    const members = open.splice(open.lastIndexOf(node))
    for (const member of members) isOpen.delete(member)
    components.push({ members, isCircular: members.length > 1 || dependenciesOf(node).includes(node) })
  }

  for (const root of dependencies.keys()) {
    const path = seen.has(root) ? [] : [enter(root)]
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const { node, rest } = last
      const next = rest.next()
      if (next.done === true) {
        path.pop()
        leave(node)
        const parent = path.at(-1)
        if (parent !== undefined && isOpen.has(node)) leadTo(parent.node, earliest.get(node))
      } else if (!seen.has(next.value)) path.push(enter(next.value))
      else if (isOpen.has(next.value)) leadTo(node, seen.get(next.value))
    }
  }
  return components
}
