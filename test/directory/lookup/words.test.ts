import { expect } from 'chai'
import {
  dropTitles,
  foldWords,
  localPart,
  markOf,
  readDigits,
  writeWordKeys,
} from '../../../server/directory/lookup/words.ts'

const organization = 'org_01kaq3v5w8f2n7m4t9x6c1b0zz'

function listKeys(called: Partial<Parameters<typeof writeWordKeys>[1]>): string[] {
  const nobody = { displayName: null, names: [], addresses: [], employeeNumber: null }
  const keys = writeWordKeys(organization, { ...nobody, ...called })
  return keys === '' ? [] : keys.split(' ').map((key) => key.slice(markOf(organization).length))
}

const listWords = (called: Parameters<typeof listKeys>[0]): string[] =>
  listKeys(called).filter((key) => !key.startsWith('^'))
const listBeginnings = (called: Parameters<typeof listKeys>[0]): string[] =>
  listKeys(called).filter((key) => key.startsWith('^'))

describe('the words that people are found by', () => {
  const folded: readonly (readonly [text: string, words: readonly string[]])[] = [
    ['Élodie Lefèvre', ['elodie', 'lefevre']],
    ['Bela\u0301 NAGY', ['bela', 'nagy']],
    ['Groß WEIẞ', ['gross', 'weiss']],
    ['Søren Kjær, Œuvre', ['soren', 'kjaer', 'oeuvre']],
    ['Łukasz Đặng Þóra Guðrún', ['lukasz', 'dang', 'thora', 'gudrun']],
    ['İbrahim Işık', ['ibrahim', 'isik']],
    ['Ọ̀ṣúnlànà', ['osunlana']],
    ["O'Brien O’Hara Oʼneill", ['obrien', 'ohara', 'oneill']],
    ['Pierre-Luc j.r._smith', ['pierre', 'luc', 'j', 'r', 'smith']],
    ['Ｍａｒｉａ', ['maria']],
    ['ΓΙΆΝΝΗΣ Γιάννης', ['γιαννησ', 'γιαννησ']],
    ['Йосип Ёлкин', ['иосип', 'елкин']],
    ['מֹשֶׁה', ['משה']],
    ['\u202bمُحَمَّد\u202c', ['محمد']],
    ['王小明 김민수', ['王小明', '김민수']],
    ['देवी', ['देवी']],
    ['🎉 Ann👩‍💻a\0b', ['ann', 'a', 'b']],
    ['\ud83d alone', ['alone']],
    ['%_*\'"\\:&|!()<->', []],
    [' \t\n', []],
  ]
  for (const [text, words] of folded) {
    it(`are of ${JSON.stringify(text)} ${words.join(', ') || 'none'}`, () => {
      expect(foldWords(text)).to.deep.equal(words)
    })
  }

  it('are cut where they are longer than any name, and so are texts', () => {
    expect(foldWords('a'.repeat(10_000))).to.deep.equal(['a'.repeat(40)])
    expect(foldWords('𝕒𐐨'.repeat(100))[0]?.isWellFormed()).to.equal(true)
    expect(foldWords('a '.repeat(10_000)).length).to.be.below(250)
  })

  it('are not the titles, unless there is nothing else', () => {
    expect(dropTitles(['dr', 'anna', 'prof', 'vogel'])).to.deep.equal(['anna', 'vogel'])
    expect(dropTitles(['miss'])).to.deep.equal(['miss'])
  })

  it('are of an address those before the domain', () => {
    expect(localPart('jane.smith@acme.example')).to.equal('jane.smith')
    expect(localPart('jsmith')).to.equal('jsmith')
  })

  it('are of a number its digits without zeros', () => {
    expect(readDigits('EMP-0045.7')).to.equal('457')
    expect(readDigits('000')).to.equal('0')
    expect(readDigits('E')).to.equal('')
  })
})

describe('the keys of a person', () => {
  it('are the words of names, addresses and the number, each once, behind the mark of the organization', () => {
    const called = {
      displayName: 'Jane Smith',
      names: ['Jane', 'Smith', 'Janie'],
      addresses: ['jane.smith2@acme.example', 'smith.007@acme.example'],
      employeeNumber: 'EMP-0042',
    }
    expect(listWords(called)).to.deep.equal(['jane', 'smith', 'janie', 'smith2', '7', 'emp0042', '42'])
    expect(writeWordKeys(organization, { ...called, addresses: [] }).split(' ')).to.include('1b0zzjane'.slice(-9))
  })

  it('have the words of one name together, and not those of the whole', () => {
    expect(listWords({ displayName: 'Pierre-Luc van Dijk', names: ['Pierre-Luc', 'van Dijk'] })).to.deep.equal([
      'pierre',
      'luc',
      'pierreluc',
      'van',
      'dijk',
      'vandijk',
    ])
  })

  it('have every ending of writing without spaces', () => {
    expect(listWords({ displayName: '王小明' })).to.deep.equal(['王小明', '小明', '明'])
  })

  it('are of names how their words begin, and not of addresses, but for people without a name', () => {
    const addresses = ['xenia.quist@acme.example']
    expect(listBeginnings({ names: ['Jo', 'Ångström', 'A'], addresses })).to.deep.equal(['^j', '^jo', '^a', '^an'])
    expect(listBeginnings({ names: ['王小明'] })).to.deep.equal(['^王', '^王小', '^小', '^小明', '^明'])
    expect(listBeginnings({ addresses })).to.deep.equal(['^x', '^xe', '^q', '^qu'])
    expect(listBeginnings({ names: ['Name 4', 'x2'], employeeNumber: 'E1' })).to.deep.equal(['^n', '^na'])
  })

  it('are bounded', () => {
    const names = Array.from({ length: 200 }, (_, index) => `name${index}`)
    expect(listKeys({ names, employeeNumber: 'E7' }))
      .to.have.length(42)
      .and.include('e7')
    expect(listWords({ displayName: 'word '.repeat(1000) })).to.deep.equal(['word'])
    expect(listKeys({ displayName: '汉字姓名'.repeat(1000) }).length).to.be.below(50)
  })

  it('are none of what has no letters', () => {
    expect(listKeys({ displayName: '🎉 !', names: ['…'], addresses: ['+'], employeeNumber: '-' })).to.deep.equal([])
  })
})
