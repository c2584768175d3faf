/** The numbers from 0 to before `end`, in pieces of at most `size`. */
export function* listBatches(end: number, size: number): Generator<number[]> {
  for (let from = 0; from < end; from += size) {
    yield Array.from({ length: Math.min(size, end - from) }, (_, index) => from + index)
  }
}

/** Runs the work of each item, some at once; throws what the first one throws that fails. */
export async function runEach<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const take = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: atOnce }, take))
}
