import type { BalancingStep, ReconfigureStep } from '../sheet/balancing-steps.ts'
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
    const { service } = step
    if (step.verb === 'reconfigure') return this.reconfigure(step)
    const { server } = step
    const balancer = this.balancers.of(service)
    switch (step.verb) {
      case 'add':
        balancer.services.putServer(service, server, step.bounds, step.place)
        return this.checks.start(service, server)
      case 'remove':
        balancer.removeServer(service, server)
        return this.checks.stop(service, server)
      case 'set':
        return balancer.services.setBounds(service, server, step.bounds)
    }
  }
  private reconfigure({ service, change: { settings, checks } }: ReconfigureStep): void {
    this.balancers.change(service, settings)
    if (checks !== undefined) this.checks.change(service, checks, this.balancers.present(service))
  }
}
