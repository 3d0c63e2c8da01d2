/**
 * Functions that `Math` offers but that differ between engines in the last bit. Built only from
 * + - * /, which IEEE 754 fixes, so every machine computes the same value.
 */

const LN2 = 0.6931471805599453

/** Natural logarithm of x > 0: halve or double into [0.75, 1.5), then 2 artanh((x-1)/(x+1)). */
export function naturalLog(x: number): number {
  let exponent = 0
  let m = x
  while (m >= 1.5) {
    m /= 2
    exponent++
  }
  while (m < 0.75) {
    m *= 2
    exponent--
  }
  const t = (m - 1) / (m + 1)
  const square = t * t
  let term = t
  let sum = 0
  for (let k = 1; k < 40; k += 2) {
    sum += term / k
    term *= square
  }
  return exponent * LN2 + 2 * sum
}

/** Integer cube root, rounded down, of 0 <= x < 2^53 (Newton's method, as CUBIC needs it). */
export function cubeRoot(x: number): number {
  if (x < 1) return 0
  let guess = 1
  while (guess * guess * guess <= x) guess *= 2
  for (;;) {
    const next = Math.floor((2 * guess + Math.floor(x / (guess * guess))) / 3)
    if (next >= guess) break
    guess = next
  }
  while (guess * guess * guess > x) guess--
  return guess
}
