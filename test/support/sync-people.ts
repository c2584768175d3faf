// People of a scripted source, as most tests of syncing want them.
import type { ScriptedPerson } from './scripted-source.ts'

/** Somebody active with an address, and whatever else a test says. */
export function scriptPerson(id: string, more: Omit<ScriptedPerson, 'id'> = {}): ScriptedPerson {
  return {
    id,
    email: addressOf(id),
    firstName: id,
    lastName: 'Sample',
    displayName: `${id} Sample`,
    status: 'active',
    ...more,
  }
}

/** Their work address, which is their userName. */
export function addressOf(id: string): string {
  return `${id}@larkspur.example`
}
