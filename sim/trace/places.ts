/**
 * Where something can happen: every interface of every machine and, behind them, every machine as a
 * whole. Places are numbered once, before the run, in the order of the drawing.
 */
export interface Place {
  readonly node: string
  /** Name of the interface; undefined for the machine as a whole. */
  readonly iface: string | undefined
  /** Number of the machine. */
  readonly nodeIndex: number
}

export class Places {
  readonly list: Place[] = []
  /**
   * By number: whether frames there are numbered, which is at every interface with a cable. The
   * first frame that is sent or received at one of them is number 1; captures count the same.
   */
  readonly numbered: boolean[] = []
  private readonly byName = new Map<string, number>()

  /** Number of a place; one that is there already (of a machine built anew) keeps its own. */
  add(node: string, nodeIndex: number, iface: string | undefined): number {
    const name = iface === undefined ? node : `${node}.${iface}`
    const known = this.byName.get(name)
    if (known !== undefined) return known
    const index = this.list.length
    this.list.push({ node, iface, nodeIndex })
    this.numbered.push(iface !== undefined && iface !== 'lo' && nodeIndex >= 0)
    this.byName.set(name, index)
    return index
  }

  /** Number of `NODE.INTERFACE` or `NODE`, or undefined. */
  find(name: string): number | undefined {
    return this.byName.get(name)
  }

  /** `lb.inside`, or `lb` for the machine itself. */
  name(index: number): string {
    const place = this.list[index]
    if (place === undefined) return '?'
    return place.iface === undefined ? place.node : `${place.node}.${place.iface}`
  }
}
