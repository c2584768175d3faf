import { expect } from 'chai'
import { countErrors, isNear, rateWord, rateWords } from '../../../server/directory/lookup/likeness.ts'
import { readTyped } from '../../../server/directory/lookup/typed.ts'
import { foldWords } from '../../../server/directory/lookup/words.ts'

const rate = (typed: string, name: string): number => rateWords(readTyped(typed).words, foldWords(name))
const word = (text: string, ...others: string[]): { text: string; others: string[] } => ({ text, others })

describe('the likeness of words', () => {
  it('counts letters left out, put in, exchanged and swapped', () => {
    expect(countErrors('jane', 'jane').whole).to.equal(0)
    expect(countErrors('jne', 'jane').whole).to.equal(1)
    expect(countErrors('jaane', 'jane').whole).to.equal(1)
    expect(countErrors('jame', 'jane').whole).to.equal(1)
    expect(countErrors('jnae', 'jane').whole).to.equal(1)
    expect(countErrors('', 'jane').whole).to.equal(4)
    expect(countErrors('svitlna', 'svitlana').whole).to.equal(1)
    expect(countErrors('fiztgerlad', 'fitzgerald').whole).to.equal(2)
  })

  it('counts those of the most like beginning, too', () => {
    expect(countErrors('kovlen', 'kovalenko')).to.deep.equal({ whole: 3, beginning: 1 })
    expect(countErrors('jane', 'janet').beginning).to.equal(0)
  })

  it('allows a short word fewer errors than a long one, and two letters none', () => {
    expect(isNear('jo', 'ja')).to.equal(false)
    expect(isNear('jhon', 'john')).to.equal(true)
    expect(isNear('jonh', 'mona')).to.equal(false)
    expect(isNear('shevcenko', 'shevchenko')).to.equal(true)
  })

  it('rates a whole word above a beginning, and that above an error', () => {
    const [whole, beginning, error] = [
      rateWord(word('jane'), 'jane'),
      rateWord(word('jan'), 'jane'),
      rateWord(word('jnae'), 'jane'),
    ]
    expect(whole).to.equal(1)
    expect(beginning).to.be.below(whole).and.above(error)
    expect(error).to.be.above(0.5)
    expect(rateWord(word('xyz'), 'jane')).to.equal(0)
  })

  it('rates another way to write the word a little below the word', () => {
    expect(rateWord(word('mueller', 'muller'), 'muller')).to.be.within(0.95, 0.99)
  })

  it('forgives no error in a number', () => {
    expect(rateWord(word('12345'), '12346')).to.equal(0)
    expect(rateWord(word('1234'), '12346')).to.be.above(0.8)
  })

  it('finds a part of writing without spaces', () => {
    expect(rateWord(word('小明'), '王小明')).to.be.above(0.8)
  })
})

describe('the likeness of names', () => {
  const orders: readonly (readonly [typed: string, better: string, worse: string])[] = [
    ['anna', 'Anna Bo', 'Anna Bogdanovich'],
    ['jane smith', 'Jane Smith', 'Janet Smithson'],
    ['jane smith', 'Jane Smith', 'Smith Jane'],
    ['smith jane', 'Jane Smith', 'Smith Janet'],
    ['jane smith', 'Jane Smith', 'Jane Smith Taylor'],
    ['jane smtih', 'Jane Smith', 'Jane Taylor'],
    ['jane smtih', 'Jane Smith', 'Smtih Taylor'],
    ['marai rosi', 'Maria Rossi', 'Mara Rosati'],
  ]
  for (const [typed, better, worse] of orders) {
    it(`of "${typed}" is greater to ${better} than to ${worse}`, () => {
      expect(rate(typed, better)).to.be.above(rate(typed, worse))
    })
  }

  it('is 1 of the same name, and 0 of one that has nothing of it', () => {
    expect(rate('Jáne SMITH', 'Jane Smith')).to.equal(1)
    expect(rate('jane smith', 'Okafor')).to.equal(0)
    expect(rate('jane smith', '')).to.equal(0)
  })

  it('takes each word of the name for one typed word only', () => {
    expect(rate('mwangi mwangi', 'Mwangi Mwangi')).to.be.at.least(rate('mwangi mwangi', 'Mwangi Kamau'))
    expect(rate('maria marie', 'Maria Lopez')).to.be.below(0.7)
  })
})
