import type { Break } from '../break.ts'

const MONITOR = 'sim/balancer/health/monitor.ts'
const DATAGRAM = 'sim/balancer/health/datagram.ts'
const HTTP = 'sim/balancer/health/http.ts'
const TALK = 'sim/balancer/health/conversation.ts'
const GREETING = 'sim/balancer/health/greeting.ts'

export const HEALTH: readonly Break[] = [
  {
    name: 'a server goes down one failure late',
    file: MONITOR,
    find: 'this.failures >= plan.tries',
    become: 'this.failures > plan.tries',
  },
  {
    name: 'a server comes up one success late',
    file: MONITOR,
    find: 'this.successes >= plan.rise',
    become: 'this.successes > plan.rise',
  },
  {
    name: 'a success does not end a row of failures',
    file: MONITOR,
    find: 'this.failures = works ? 0 : this.failures + 1',
    become: 'this.failures = this.failures + (works ? 0 : 1)',
  },
  {
    name: 'a failure does not end a row of successes',
    file: MONITOR,
    find: 'this.successes = works ? this.successes + 1 : 0',
    become: 'this.successes = this.successes + (works ? 1 : 0)',
  },
  {
    name: 'a check is patient for twice as long',
    file: MONITOR,
    find: 'timers.after(plan.timeoutNs, this, PATIENCE)',
    become: 'timers.after(2 * plan.timeoutNs, this, PATIENCE)',
  },
  {
    name: 'the next question is counted from the answer',
    file: MONITOR,
    find: 'Math.max(0, this.startedNs + gapNs - host.now)',
    become: 'Math.max(0, gapNs - 0 * host.now)',
  },
  {
    name: 'a failed check is not repeated sooner',
    file: MONITOR,
    find: 'if (this.up) return this.failures > 0 ? retryNs : everyNs',
    become: 'if (this.up) return this.failures > 1e9 ? retryNs : everyNs',
  },
  {
    name: 'a server that is down is asked as often as any other',
    file: MONITOR,
    find: 'return this.successes > 0 ? retryNs : downNs',
    become: 'return this.successes > 0 ? retryNs : downNs < everyNs ? downNs : everyNs',
  },
  {
    name: 'a server that works again is not asked sooner',
    file: MONITOR,
    find: 'return this.successes > 0 ? retryNs : downNs',
    become: 'return this.successes > 1e9 ? retryNs : downNs',
  },
  {
    name: 'one of several checks is enough',
    file: MONITOR,
    find: 'this.watchers.every((each) => each.up)',
    become: 'this.watchers.some((each) => each.up)',
  },
  {
    name: 'a removed server is still asked',
    file: 'sim/lab/build/balancing-steps.ts',
    find: '        return this.checks.stop(service, server)\n',
    become: '        return\n',
  },
  {
    name: 'an added server is not asked',
    file: 'sim/lab/build/balancing-steps.ts',
    find: '        return this.checks.start(service, server)\n',
    become: '        return\n',
  },
  {
    name: 'a ping that nobody answers is a success',
    file: 'sim/balancer/health/ping.ts',
    find: "return { works: false, why: 'it did not answer the ping' }",
    become: "return { works: true, why: 'it did not answer the ping' }",
  },
  {
    name: 'a closed port passes the TCP check',
    file: TALK,
    find: "      if (error !== '') return this.end({ works: false, why: REASONS[error] ?? error })\n      if (!tcp",
    become:
      "      if (error !== '') return this.end({ works: true, why: REASONS[error] ?? error })\n      if (!tcp",
  },
  {
    name: 'a handshake that does not come about passes the TCP check',
    file: TALK,
    find: '    return { works: false, why }\n',
    become: '    return { works: !this.opened, why }\n',
  },
  {
    name: 'a page that does not come passes the HTTP check',
    file: TALK,
    find: '    return { works: false, why }\n',
    become: '    return { works: this.opened, why }\n',
  },
  {
    name: 'a TCP check leaves its connections open',
    file: TALK,
    find: '    this.question.host.tcp.close(this.socket)\n',
    become: '',
  },
  {
    name: 'the UDP check takes port unreachable for an answer',
    file: DATAGRAM,
    find: '    this.end({ works: false, why })\n',
    become: '    this.end({ works: true, why })\n',
  },
  {
    name: 'the silence of UDP always means up',
    file: DATAGRAM,
    find: "const works = question.details.silence !== 'down'",
    become: "const works = question.details.silence !== ('silence' as string)",
  },
  {
    name: 'the silence of UDP means down unless it is said',
    file: DATAGRAM,
    find: "const works = question.details.silence !== 'down'",
    become: "const works = (question.details.silence as string) === 'silence'",
  },
  {
    name: 'the DNS check takes any code',
    file: DATAGRAM,
    find: 'if (message.rcode === NO_ERROR)',
    become: 'if (message.rcode >= NO_ERROR)',
  },
  {
    name: 'the HTTP check takes any status',
    file: HTTP,
    find: 'if (status === 0 ? got < 200 || got >= 400 : got !== status) {',
    become: 'if (status > 999 && got > 999) {',
  },
  {
    name: 'the HTTP check does not look for the word',
    file: HTTP,
    find: 'if (body !== undefined && !this.reader.body.includes(body)) {',
    become: 'if (body !== undefined && !this.reader.body.includes(body.slice(0, 0))) {',
  },
  {
    name: 'the FTP check takes any greeting',
    file: GREETING,
    find: "new Greeting(['220', '221'], ['QUIT'])",
    become:
      "{ waitingFor: '', opened: () => undefined, heard: (o) => (o.length > 0 ? { works: true, why: '' } : undefined) }",
  },
  {
    name: 'the SMTP check does not mind what HELO is answered',
    file: GREETING,
    find: 'if (code !== wanted) return',
    become: "if (code !== wanted && wanted !== '250') return",
  },
]
