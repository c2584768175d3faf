import { expect } from 'chai'
import { createCalendar, isDay, nextDay } from '../../server/sync/plan/days.ts'
import { judgeStanding, type LifecycleFacts, type StandingKind } from '../../server/sync/plan/lifecycle.ts'
import type { SyncSettings } from '../../server/sync/setup/settings.ts'

const noon = new Date('2026-06-15T12:00:00Z')
const today = '2026-06-15'
const [yesterday, tomorrow, lastYear, nextYear] = ['2026-06-14', '2026-06-16', '2025-06-15', '2027-06-15']

const nothing: LifecycleFacts = { status: null, unknownStatus: null, access: null, startDate: null, endDate: null }

/** Facts → kind, active, employmentStatus where it is another than the record's, the day on which that changes. */
type Case = readonly [
  Partial<LifecycleFacts>,
  StandingKind,
  boolean | undefined,
  string | null | undefined,
  string | null,
  SyncSettings['deactivationTiming']?,
]

const cases: Readonly<Record<string, readonly Case[]>> = {
  'who is there': [
    [{}, 'active', true, undefined, null],
    [{ status: 'active' }, 'active', true, undefined, null],
    [{ status: 'contractor' }, 'active', true, undefined, null],
    [{ status: 'active', startDate: lastYear }, 'active', true, undefined, null],
    [{ status: 'active', startDate: today }, 'active', true, undefined, null],
    [{ status: 'active', access: true }, 'active', true, undefined, null],
    [{ status: 'active', access: false }, 'held', false, undefined, null],
    [{ access: false }, 'held', false, undefined, null],
    [{ status: 'suspended' }, 'held', false, undefined, null],
    [{ status: 'suspended', access: true }, 'held', false, undefined, null],
    [{ status: 'on_leave' }, 'active', true, undefined, null],
    [{ status: 'on_leave', access: true }, 'active', true, undefined, null],
    [{ status: 'on_leave', access: false }, 'held', false, undefined, null],
    [{ status: 'active', startDate: 'soon', endDate: '2026-02-30' }, 'active', true, undefined, null],
  ],
  'who is to come': [
    [{ status: 'pending' }, 'not_begun', false, undefined, null],
    [{ status: 'pending', startDate: tomorrow }, 'not_begun', false, undefined, tomorrow],
    [{ status: 'pending', startDate: tomorrow, access: true }, 'not_begun', false, undefined, tomorrow],
    [{ status: 'active', startDate: nextYear }, 'not_begun', false, null, nextYear],
    [{ startDate: nextYear }, 'not_begun', false, undefined, nextYear],
    [{ status: 'pending', startDate: today }, 'active', true, 'active', null],
    [{ status: 'pending', startDate: today, access: false }, 'active', true, 'active', null],
    [{ status: 'active', startDate: tomorrow, endDate: nextYear }, 'not_begun', false, null, tomorrow],
    [{ status: 'active', startDate: tomorrow, endDate: lastYear }, 'not_begun', false, null, tomorrow],
    [{ status: 'terminated', startDate: tomorrow }, 'ended', false, null, null],
  ],
  'who leaves': [
    [{ status: 'active', endDate: tomorrow }, 'active', true, undefined, '2026-06-17'],
    [{ status: 'active', endDate: today }, 'active', true, undefined, tomorrow],
    [{ status: 'terminated', endDate: today }, 'active', true, 'active', tomorrow],
    [{ status: 'retired', endDate: nextYear }, 'active', true, 'active', '2027-06-16'],
    [{ status: 'terminated', endDate: today, access: false }, 'held', false, 'active', tomorrow],
    [{ status: 'suspended', endDate: today }, 'held', false, undefined, tomorrow],
    [{ status: 'active', endDate: tomorrow }, 'ended', false, undefined, '2026-06-17', 'immediately'],
    [{ status: 'terminated', endDate: tomorrow }, 'ended', false, 'active', '2026-06-17', 'immediately'],
    [{ status: 'active', endDate: tomorrow }, 'active', true, undefined, '2026-06-17', 'never'],
  ],
  'who has left': [
    [{ status: 'terminated' }, 'ended', false, undefined, null],
    [{ status: 'retired' }, 'ended', false, undefined, null],
    [{ status: 'terminated', endDate: yesterday }, 'ended', false, undefined, null],
    [{ status: 'active', endDate: yesterday }, 'ended', false, 'terminated', null],
    [{ endDate: yesterday }, 'ended', false, 'terminated', null],
    [{ status: 'on_leave', endDate: yesterday, access: true }, 'ended', false, 'terminated', null],
    [{ status: 'terminated' }, 'ended', undefined, undefined, null, 'never'],
    [{ status: 'active', endDate: yesterday }, 'ended', undefined, 'terminated', null, 'never'],
    [{ status: 'active', access: false }, 'held', false, undefined, null, 'never'],
  ],
  'who is back': [
    [{ status: 'active', endDate: lastYear, startDate: yesterday }, 'active', true, undefined, null],
    [{ status: 'terminated', endDate: lastYear, startDate: yesterday }, 'ended', false, undefined, null],
  ],
  'of whom nobody knows': [
    [{ unknownStatus: 'Gardening' }, 'unknown', undefined, undefined, null],
    [{ unknownStatus: '' }, 'unknown', undefined, undefined, null],
    [{ unknownStatus: 'Gardening', access: true }, 'active', true, undefined, null],
    [{ unknownStatus: 'Gardening', access: false }, 'held', false, undefined, null],
    [{ unknownStatus: 'Gardening', endDate: yesterday }, 'ended', false, 'terminated', null],
    [{ unknownStatus: 'Gardening', startDate: tomorrow }, 'not_begun', false, undefined, tomorrow],
  ],
}

describe('where somebody stands', () => {
  for (const [who, table] of Object.entries(cases)) {
    describe(who, () => {
      for (const [facts, kind, active, employmentStatus, due, timing = 'on_date'] of table) {
        it(`${JSON.stringify(facts)}, ${timing}: ${kind}`, () => {
          const standing = judgeStanding({ ...nothing, ...facts }, timing, createCalendar('UTC', noon))
          const dueAt = due === null ? null : new Date(`${due}T00:00:00Z`)
          expect(standing).to.deep.equal({ kind, active, employmentStatus, dueAt })
        })
      }
    })
  }

  it('is judged by the days of the place', () => {
    const facts: LifecycleFacts = { ...nothing, status: 'active', startDate: tomorrow }
    const stands = (zone: string): StandingKind => judgeStanding(facts, 'on_date', createCalendar(zone, noon)).kind
    expect(stands('Pacific/Kiritimati')).to.equal('active')
    expect(stands('Pacific/Auckland')).to.equal('active')
    expect(stands('Asia/Tokyo')).to.equal('not_begun')
    expect(stands('Pacific/Pago_Pago')).to.equal('not_begun')
  })

  it('is the same on each side of every due time but for the day', () => {
    for (const zone of ['UTC', 'Asia/Kolkata', 'America/St_Johns', 'America/Santiago']) {
      const facts: LifecycleFacts = { ...nothing, status: 'active', startDate: '2026-03-01', endDate: '2026-09-05' }
      const steps: StandingKind[] = []
      for (let now: Date | null = new Date('2026-01-01T00:00:00Z'); now !== null;) {
        const standing = judgeStanding(facts, 'on_date', createCalendar(zone, now))
        steps.push(standing.kind)
        const next: Date | null = standing.dueAt
        if (next !== null) {
          const before = judgeStanding(facts, 'on_date', createCalendar(zone, new Date(next.getTime() - 1)))
          expect(before.kind).to.equal(standing.kind)
        }
        now = next
      }
      expect(steps, zone).to.deep.equal(['not_begun', 'active', 'ended'])
    }
  })
})

describe('a calendar', () => {
  const starts: Readonly<Record<string, readonly [string, string]>> = {
    'UTC 2026-06-15': ['UTC', '2026-06-15T00:00:00.000Z'],
    'Europe/Berlin 2026-06-15': ['Europe/Berlin', '2026-06-14T22:00:00.000Z'],
    'Europe/Berlin 2026-01-15': ['Europe/Berlin', '2026-01-14T23:00:00.000Z'],
    'Asia/Kathmandu 2026-06-15': ['Asia/Kathmandu', '2026-06-14T18:15:00.000Z'],
    'Pacific/Kiritimati 2026-06-15': ['Pacific/Kiritimati', '2026-06-14T10:00:00.000Z'],
    'Pacific/Pago_Pago 2026-06-15': ['Pacific/Pago_Pago', '2026-06-15T11:00:00.000Z'],
    // Clocks go from 23:59:59 to 01:00 here, so the day begins at 1 o'clock.
    'America/Santiago 2026-09-06': ['America/Santiago', '2026-09-06T04:00:00.000Z'],
    // And here back from midnight to 23:00, so that the day before has 25 hours.
    'America/Santiago 2026-04-05': ['America/Santiago', '2026-04-05T04:00:00.000Z'],
    // The day was left out.
    'Pacific/Apia 2011-12-30': ['Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  }
  for (const [title, [zone, start]] of Object.entries(starts)) {
    it(`knows when a day begins: ${title}`, () => {
      const [, day = ''] = title.split(' ')
      expect(createCalendar(zone, noon).startOf(day).toISOString()).to.equal(start)
    })
  }

  it('begins every day of a year where the day before ends, in many zones', () => {
    for (const zone of [
      'Europe/London',
      'America/New_York',
      'America/Santiago',
      'Asia/Beirut',
      'Australia/Lord_Howe',
    ]) {
      for (let day = '2025-12-31'; day < '2027-01-01'; day = nextDay(day)) {
        const start = createCalendar(zone, noon).startOf(day)
        expect(createCalendar(zone, start).today, `${zone} ${day}`).to.equal(day)
        expect(createCalendar(zone, new Date(start.getTime() - 1)).today < day, `${zone} ${day}`).to.equal(true)
      }
    }
  }).timeout(60_000)

  it('is that of UTC where the zone is none', () => {
    expect(createCalendar('Nowhere/At_All', new Date('2026-06-15T23:59:59Z')).today).to.equal('2026-06-15')
  })

  it('counts days over months, years and leap days', () => {
    expect(['2026-01-31', '2026-12-31', '2028-02-28', '2026-02-28'].map(nextDay)).to.deep.equal([
      '2026-02-01',
      '2027-01-01',
      '2028-02-29',
      '2026-03-01',
    ])
  })

  it('knows what is a day', () => {
    const texts = ['2026-02-28', '2026-02-29', '2028-02-29', '2026-13-01', '2026-1-1', '', '2026-01-01T00:00:00Z']
    expect(texts.map(isDay)).to.deep.equal([true, false, true, false, false, false, false])
  })
})
