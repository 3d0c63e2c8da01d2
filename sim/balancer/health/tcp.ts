import type { CheckKind } from './check.ts'
import { Conversation } from './conversation.ts'

export const tcpCheck: CheckKind = {
  name: 'tcp',
  sentence: 'a connection must come about: something listens on the port',
  source: 'keepalived TCP_CHECK',
  elsewhere: ['TCP_CHECK (keepalived)', 'check (HAProxy)', 'tcp (F5, A10)'],
  protocol: 'tcp',
  port: 0,
  begin: (question) =>
    new Conversation(question, {
      opened: () => undefined,
      heard: () => ({ works: true, why: 'it accepted a connection' }),
      waitingFor: 'it did not answer',
    }),
}
