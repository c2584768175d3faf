import { namesByCulture, type Culture } from './names.ts'
import { pickOne, type Random } from './random.ts'

interface NamePool {
  readonly given: readonly NamePart[]
  readonly family: readonly NamePart[]
}

interface NamePart {
  readonly text: string
  readonly folded: string
  /** The same for all names that fold to the same letters. */
  readonly slot: number
}

// Letters that Unicode does not decompose into a base letter and a mark.
const unmarkedLetters: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
}

const givenSlots = new Map<string, number>()
const familySlots = new Map<string, number>()
const cultures = Object.keys(namesByCulture) as Culture[]
const pools = Object.fromEntries(cultures.map((culture) => [culture, readPool(culture)])) as Record<Culture, NamePool>

export interface PersonName {
  readonly given: string
  readonly family: string
  /** Unique among the names of one book: 'elodie.lefevre', then 'elodie.lefevre2'. */
  readonly handle: string
}

/** Draws names and numbers the ones that are taken; one book per pass over the company. */
export class NameBook {
  readonly #random: Random
  // One counter per pair of folded names: under 2 MB however many people there are, where a map of handles would grow.
  readonly #taken = new Uint32Array(givenSlots.size * familySlots.size)

  constructor(random: Random) {
    this.#random = random
  }

  draw(localCultures: readonly Culture[]): PersonName {
    const culture = this.#drawCulture(localCultures)
    // Families mix: now and then the two halves of a name come from different places.
    const familyCulture = this.#random() < 0.12 ? this.#drawCulture(localCultures) : culture
    const given = pickOne(this.#random, pools[culture].given)
    const family = pickOne(this.#random, pools[familyCulture].family)
    return { given: given.text, family: family.text, handle: this.#claimHandle(given, family) }
  }

  #drawCulture(localCultures: readonly Culture[]): Culture {
    return pickOne(this.#random, this.#random() < 0.7 ? localCultures : cultures)
  }

  // No folded name has a dot or a digit, so a numbered handle is never somebody else's plain one.
  #claimHandle(given: NamePart, family: NamePart): string {
    const slot = given.slot * familySlots.size + family.slot
    const holders = (this.#taken[slot] ?? 0) + 1
    this.#taken[slot] = holders
    const handle = `${given.folded}.${family.folded}`
    return holders === 1 ? handle : `${handle}${holders}`
  }
}

function readPool(culture: Culture): NamePool {
  const [given, family] = namesByCulture[culture]
  return { given: readParts(given, givenSlots), family: readParts(family, familySlots) }
}

function readParts(names: string, slots: Map<string, number>): NamePart[] {
  return names.split(/,\s+/).map((text) => {
    const folded = foldName(text)
    const slot = slots.get(folded) ?? slots.size
    slots.set(folded, slot)
    return { text, folded, slot }
  })
}

function foldName(name: string): string {
  return name
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z-]/g, (letter) => unmarkedLetters[letter] ?? '')
}
