// What `--scale` measured, as a table and as a picture.

import type { Curve } from './scale.ts'

/** Lines of a table in Markdown. */
export function scaleTable(curves: readonly Curve[]): string[] {
  const rows = curves.map(({ name, unit, points, exponent }) => {
    const sizes = points.map(({ size }) => size.toLocaleString('en')).join(' / ')
    const costs = points.map(({ us }) => us.toFixed(0)).join(' / ')
    const memory = points.map(({ peakRssBytes }) => Math.round(peakRssBytes / 2 ** 20)).join(' / ')
    return `| ${name} | ${unit} | ${sizes} | ${costs} | ${memory} | ${exponent.toFixed(2)} |`
  })
  return [
    '| what grows | counted in | sizes | us a connection | MiB | exponent |',
    '|---|---|---|---|---|---|',
    ...rows,
  ]
}

const WIDTH = 640
const HEIGHT = 360
const LEFT = 60
const BOTTOM = 40
const COLOURS = ['#1b6ca8', '#c0392b', '#27834a', '#8e44ad', '#b9770e', '#34495e']

/** Cost of a unit of work over size, both logarithmic. */
export function plot(curves: readonly Curve[]): string {
  const all = curves.flatMap(({ points }) => points)
  const log = (value: number): number => Math.log10(value)
  const [left, right] = bounds(all.map(({ size }) => log(size)))
  const [low, high] = bounds(all.map(({ us }) => log(us)))
  const x = (size: number): number =>
    LEFT + ((log(size) - left) / (right - left)) * (WIDTH - LEFT - 150)
  const y = (us: number): number =>
    HEIGHT - BOTTOM - ((log(us) - low) / (high - low)) * (HEIGHT - BOTTOM - 20)
  const lines = curves.map(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length]!
    const path = points.map(({ size, us }) => `${x(size).toFixed(1)},${y(us).toFixed(1)}`).join(' ')
    const last = points.at(-1)!
    const at = `x="${(x(last.size) + 6).toFixed(1)}" y="${(y(last.us) + 4).toFixed(1)}"`
    return (
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>` +
      `<text ${at} fill="${colour}">${name}</text>`
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
      'font-family="sans-serif" font-size="12">',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    ...decades(left, right).map(
      (size) =>
        `<text x="${x(size).toFixed(1)}" y="${HEIGHT - 22}" text-anchor="middle">${size}</text>`,
    ),
    ...decades(low, high).map(
      (us) => `<text x="${LEFT - 8}" y="${y(us).toFixed(1)}" text-anchor="end">${us} us</text>`,
    ),
    `<text x="${LEFT}" y="${HEIGHT - 6}">size, and CPU time for a connection</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}

/** Whole decades around the values. */
function bounds(values: readonly number[]): [number, number] {
  const [low, high] = [Math.floor(Math.min(...values)), Math.ceil(Math.max(...values))]
  return [low, high > low ? high : low + 1]
}

function decades(low: number, high: number): number[] {
  return Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))
}
