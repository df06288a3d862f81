/** Work in steps of some milliseconds: between two of them the caller may do something else. */

export type Steps<A> = Generator<void, A, void>

/** Wallets worked on between two yields. */
const aStep = 10

export function* each<A, B>(
  items: ReadonlyArray<A>,
  work: (item: A, index: number) => B,
): Steps<ReadonlyArray<B>> {
  const done: Array<B> = []
  for (const [i, item] of items.entries()) {
    done.push(work(item, i))
    if (i % aStep === aStep - 1) yield
  }
  return done
}

/** All steps at once. */
export const finished = <A>(steps: Steps<A>): A => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
