import type { BalancingStep } from '../sheet/balancing-steps.ts'
import type { HealthChecks } from './health.ts'
import type { Balancers } from './services.ts'

/** Does the steps that change a service, each at once. */
export class ServiceChanger {
  private readonly balancers: Balancers
  private readonly checks: HealthChecks

  constructor(balancers: Balancers, checks: HealthChecks) {
    this.balancers = balancers
    this.checks = checks
  }

  change(step: BalancingStep): void {
    const { service, server } = step
    const balancer = this.balancers.of(service)
    switch (step.verb) {
      case 'add':
        balancer.putServer(service, server, step.bounds, step.place)
        return this.checks.start(service, server)
      case 'remove':
        balancer.removeServer(service, server)
        return this.checks.stop(service, server)
      case 'set':
        return balancer.setBounds(service, server, step.bounds)
    }
  }
}
