/** Events of the skeleton: a 4-ary heap of (time, number, what) in three typed arrays. */
export class SkeletonAgenda {
  now = 0
  pending = 0
  private born = 0
  private readonly times: Float64Array
  private readonly numbers: Float64Array
  private readonly whats: Int32Array

  constructor(most: number) {
    this.times = new Float64Array(most)
    this.numbers = new Float64Array(most)
    this.whats = new Int32Array(most)
  }

  schedule(time: number, what: number): void {
    const { times, numbers, whats } = this
    let i = this.pending++
    while (i > 0) {
      const parent = (i - 1) >> 2
      if (times[parent]! <= time) break
      times[i] = times[parent]!
      numbers[i] = numbers[parent]!
      whats[i] = whats[parent]!
      i = parent
    }
    times[i] = time
    numbers[i] = this.born++
    whats[i] = what
  }

  /** Takes the first event; its time is `now` then. */
  next(): number {
    const { times, numbers, whats } = this
    const what = whats[0]!
    this.now = times[0]!
    const last = --this.pending
    const time = times[last]!
    const number = numbers[last]!
    let i = 0
    for (let first = 1; first < last; first = i * 4 + 1) {
      let best = first
      const end = first + 4 < last ? first + 4 : last
      for (let k = first + 1; k < end; k++) {
        const earlier = times[k]! < times[best]!
        if (earlier || (times[k] === times[best] && numbers[k]! < numbers[best]!)) best = k
      }
      const sooner = times[best]! < time
      if (!sooner && (times[best] !== time || numbers[best]! > number)) break
      times[i] = times[best]!
      numbers[i] = numbers[best]!
      whats[i] = whats[best]!
      i = best
    }
    times[i] = time
    numbers[i] = number
    whats[i] = whats[last]!
    return what
  }
}
