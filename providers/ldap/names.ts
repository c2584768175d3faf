// Distinguished names → who is meant, of the people and groups that are read.
import type { SourceMember } from '../provider.ts'
import { isWithin, normalizeDn } from './dn.ts'
import { type ListedGroup, type ListedPerson, listGroups, listPeople } from './listing.ts'
import type { Directory } from './directory.ts'

export interface Names {
  /** Who is meant by names, by the names as they are written; those of nobody who is read are left out. */
  resolve(dns: readonly string[]): Promise<Map<string, SourceMember>>
}

/** Beyond so many names that nobody knows yet, everybody is listed. */
const mostLookups = 50

/** `known` are all people and all groups that there are, where they are known. */
export function createNames(
  directory: Directory,
  known?: { readonly people: readonly ListedPerson[]; readonly groups: readonly ListedGroup[] },
): Names {
  const { base, groupBase } = directory.server
  const found = new Map<string, SourceMember | undefined>()
  let isComplete = known !== undefined
  if (known !== undefined) add(known.people, known.groups)

  function add(people: readonly ListedPerson[], groups: readonly ListedGroup[]): void {
    for (const { id, dn } of groups) found.set(normalizeDn(dn), { id, type: 'group' })
    for (const { id, dn } of people) found.set(normalizeDn(dn), { id, type: 'user' })
  }

  async function lookUp(dn: string, name: string): Promise<void> {
    const people = isWithin(name, normalizeDn(base)) ? await listPeople(directory, { dn }) : []
    const isGroup = people.length === 0 && isWithin(name, normalizeDn(groupBase))
    found.set(name, undefined)
    add(people, isGroup ? await listGroups(directory, { dn }) : [])
  }

  return {
    resolve: async (dns) => {
      const names = new Map(dns.map((dn) => [dn, normalizeDn(dn)]))
      const unknown = isComplete ? [] : [...names].filter(([, name]) => !found.has(name))
      if (unknown.length > mostLookups) {
        add(await listPeople(directory), await listGroups(directory))
        isComplete = true
      } else for (const [dn, name] of unknown) await lookUp(dn, name)
      const meant = new Map<string, SourceMember>()
      for (const [dn, name] of names) {
        const member = found.get(name)
        if (member !== undefined) meant.set(dn, member)
      }
      return meant
    },
  }
}
