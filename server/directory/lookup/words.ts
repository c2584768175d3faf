// Words as people are found by. What is stored of a person and what is typed are folded and split by the same functions.

const maxWordLength = 40
const maxTextLength = 400
const maxWords = 40
// The trigger of migration 0011 cuts it off, too.
const markLength = 5

// Letters that Unicode does not decompose into another and a mark.
const unmarked: Readonly<Record<string, string>> = {
  ß: 'ss',
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'n',
  ı: 'i',
  ς: 'σ',
}
const unmarkedLetters = new RegExp(`[${Object.keys(unmarked).join('')}]`, 'g')

// Marks that belong to no script of their own are accents and the like; the vowels of Indian scripts are marks, too, and stay.
const accents = /[\p{M}&&[\p{Script=Inherited}\p{Script=Hebrew}]]/gv
// O'Brien is one word, and what only directs the writing is in none.
const unwritten = /['’‘‛ʼʹ`´′＇\p{Cf}]/gu
const wordLetters = /[\p{L}\p{M}\p{N}]+/gu
const ascii = /^[\0-\x7f]*$/

/** The words of a text, without case, accents and punctuation. Only the beginning of a long text is read. */
export function foldWords(text: string): string[] {
  const beginning = text.slice(0, maxTextLength)
  // Most names are ASCII, and are read with every change of a person.
  const words = ascii.test(beginning)
    ? beginning
        .replace(/['`]/g, '')
        .toLowerCase()
        .match(/[a-z0-9]+/g)
    : foldLetters(beginning).match(wordLetters)
  return (words ?? []).map(cutWord)
}

function foldLetters(text: string): string {
  // Without accents, what is left is put together again: of Hangul every letter has come apart.
  const letters = text.replace(unwritten, '').normalize('NFKD').replace(accents, '').normalize('NFC')
  return letters.toLowerCase().replace(unmarkedLetters, (letter) => unmarked[letter] ?? letter)
}

// By whole characters, for half of one is none that PostgreSQL knows.
function cutWord(word: string): string {
  return word.length <= maxWordLength ? word : Array.from(word).slice(0, maxWordLength).join('')
}

const titles: ReadonlySet<string> = new Set(
  'dr drs prof professor mr mrs ms mx miss sir madam herr frau mme mlle monsieur madame phd mba'.split(' '),
)

/** The words without those that are only titles, where there are others. */
export function dropTitles(words: readonly string[]): readonly string[] {
  const names = words.filter((word) => !titles.has(word))
  return names.length === 0 ? words : names
}

/** The digits of a number, without the letters around them and the zeros before them. */
export function readDigits(number: string): string {
  return stripZeros(number.replace(/\P{Nd}/gu, ''))
}

function stripZeros(digits: string): string {
  return digits.replace(/^0+(?=.)/u, '')
}

/** The part of an address before the domain. */
export function localPart(address: string): string {
  const at = address.lastIndexOf('@')
  return at === -1 ? address : address.slice(0, at)
}

/** What people call a person. */
export interface Called {
  readonly displayName: string | null
  /** Given name, family name and the like, each whole. */
  readonly names: readonly string[]
  /** Addresses and the userName. */
  readonly addresses: readonly string[]
  readonly employeeNumber: string | null
}

/**
 * The keys that the person is found by, as the text of a tsvector, each behind the mark of the organization: the words of all that
 * they are called, and how the words of their names begin. The words of one name also stand together, of writing without spaces
 * every ending counts, and of a number also its digits.
 */
export function writeWordKeys(
  organizationId: string,
  { displayName, names, addresses, employeeNumber }: Called,
): string {
  // Mostly the parts of the display name are the other names.
  const ofNames = [...new Set([...(displayName?.split(/\s+/u, maxWords) ?? []), ...names])].flatMap(splitName)
  const ofAddresses = addresses.flatMap((address) => foldWords(localPart(address)))
  const named = [...new Set(ofNames.length === 0 ? ofAddresses : ofNames)].slice(0, maxWords)
  const words = new Set(named)
  for (const word of ofAddresses.slice(0, maxWords)) words.add(isNumber(word) ? stripZeros(word) : word)
  if (employeeNumber !== null) {
    words.add(cutWord(foldWords(employeeNumber).join('')))
    words.add(cutWord(readDigits(employeeNumber)))
  }
  words.delete('')
  const mark = markOf(organizationId)
  return [...words, ...new Set(named.flatMap(listBeginnings))].map((key) => mark + key).join(' ')
}

function splitName(name: string): readonly string[] {
  const parts = foldWords(name)
  const words = parts.flatMap(listEndings)
  return parts.length > 1 ? [...words, cutWord(parts.join(''))] : words
}

// By a key, for to read all words that begin with one or two letters takes too long.
function listBeginnings(word: string): readonly string[] {
  if (hasDigit(word)) return []
  const [first = '', second] = word
  return second === undefined ? [keyOfBeginning(first)] : [keyOfBeginning(first), keyOfBeginning(first + second)]
}

/** The words among keys that may be mistyped: those without digits. */
export function listNameWords(wordKeys: readonly string[]): string[] {
  const words = wordKeys.flatMap((keys) => keys.split(' ')).map((key) => key.slice(markLength))
  return [...new Set(words)].filter((word) => word !== '' && !/[0-9^]/.test(word))
}

/** The key of all names with a word that begins with these one or two letters. It is no word. */
export function keyOfBeginning(letters: string): string {
  return `^${letters}`
}

/** What precedes the words of an organization, so that what is common elsewhere costs it nothing. Others may have the same. */
export function markOf(organizationId: string): string {
  return organizationId.slice(-markLength)
}

export function hasDigit(word: string): boolean {
  return /\p{Nd}/u.test(word)
}

export function isNumber(word: string): boolean {
  return /^\p{Nd}+$/u.test(word)
}

/** Whether a word is of a script that puts no spaces between words. */
export function isUnspaced(word: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u.test(word)
}

function listEndings(word: string): readonly string[] {
  if (!isUnspaced(word)) return [word]
  const characters = Array.from(word).slice(0, 12)
  return characters.map((_, from) => characters.slice(from).join(''))
}
