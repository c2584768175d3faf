// The groups that a directory has before anything is measured: everybody is in a team of ten and in a department of a thousand.
export interface BaseGroup {
  readonly displayName: string
  /** Numbers of users, from the first to before the second. */
  readonly from: number
  readonly to: number
}

export function* listBaseGroups(users: number): Generator<BaseGroup> {
  for (const [name, size] of [
    ['Team', 10],
    ['Department', 1000],
  ] as const) {
    for (let from = 0; from < users; from += size) {
      yield { displayName: `${name} ${from / size + 1}`, from, to: Math.min(from + size, users) }
    }
  }
}
