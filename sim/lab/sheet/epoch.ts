const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** Seconds since 1970 of `YYYY-MM-DDTHH:MM:SSZ` (Gregorian calendar, no leap seconds). */
export function epochSeconds(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number)
  const leap = isLeap(year) ? 1 : 0
  const length = (MONTH_DAYS[month - 1] ?? 0) + (month === 2 ? leap : 0)
  if (year < 1970 || day < 1 || day > length || hour > 23 || minute > 59 || second > 59) {
    return undefined
  }
  let days = day - 1
  for (let y = 1970; y < year; y++) days += isLeap(y) ? 366 : 365
  for (let m = 1; m < month; m++) days += MONTH_DAYS[m - 1]! + (m === 2 ? leap : 0)
  return days * 86400 + hour * 3600 + minute * 60 + second
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}
