import type { ServiceConfig } from '../../balancer/service.ts'
import type { Address } from '../../wire/address.ts'
import type { AddressBook } from '../../wire/address-book.ts'
import type { ServiceSheet, SourceSheet } from '../sheet/types.ts'
import type { Network } from './machines.ts'

/** Addresses and ports of translated sources, as numbers. */
export function rangeOf(
  sources: SourceSheet,
  addresses: AddressBook,
): NonNullable<ServiceConfig['sources']> {
  const numbers = sources.addresses.map((address) => addresses.number(address))
  return { ...sources, addresses: numbers }
}

/** A service of the sheet as its balancer is told. */
export function configOf(service: ServiceSheet, number: number, network: Network): ServiceConfig {
  const { world } = network
  const numberOf = (address: Address): number => world.addresses.number(address)
  return {
    ...service,
    number,
    dice: world.chance.stream(`service ${service.name} schedule`),
    sources: rangeOf(service.sources, world.addresses),
    laterSchedules: service.schedules,
    vips: service.vips.map((vip) => ({ ...vip, address: numberOf(vip.address) })),
    servers: service.servers.map((server) => ({ ...server, address: numberOf(server.address) })),
  }
}
