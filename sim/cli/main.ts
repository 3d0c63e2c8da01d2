import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { InternalError } from '../engine/assert.ts'
import { BROKEN, CommandError, OK, USAGE } from './exit.ts'

const VERSION = '0.1.0'
const ABOUT =
  'plays lab sheets of load balancing, packet by packet, and judges what crossed the wires'
const EXIT_CODES = `
Exit codes: 0 all held; 1 an expectation or invariant failed; 2 wrong usage or a wrong sheet;
3 vipwire itself is wrong; 4 nothing selected or skipped; 130 interrupted.`

type Done = (code: number) => void

/** A whole number from `min`, for options. */
function whole(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > Number.MAX_SAFE_INTEGER) {
      throw new InvalidArgumentError(`A whole number from ${min} is needed.`)
    }
    return value
  }
}

/** `1..20`. */
function range(text: string): readonly [number, number] {
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(text) ?? []
  if (first === undefined || Number(first) > Number(last)) {
    throw new InvalidArgumentError('Two numbers are needed, such as 1..20.')
  }
  return [Number(first), Number(last)]
}

/** `1/4`. */
function share(text: string): readonly [number, number] {
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (part === undefined || Number(part) < 1 || Number(part) > Number(of)) {
    throw new InvalidArgumentError('A part of a whole is needed, such as 1/4.')
  }
  return [Number(part), Number(of)]
}

function looks(command: Command): Command {
  return command
    .option('--color', 'colours even where none would be used')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no line drawing')
    .option('--width <columns>', 'width of the output', whole(20))
}

function bounded(command: Command): Command {
  return command.option('--max-events <n>', 'ends a run that does not end by itself', whole(1))
}

/** Commander sets `color` to true for a `--no-color` that was not given. */
function colorOf(): boolean | undefined {
  const { argv } = process
  return argv.includes('--no-color') ? false : argv.includes('--color') ? true : undefined
}

function addRun(root: Command, done: Done): void {
  const command = root.command('run').argument('<sheet>', 'a lab sheet')
  bounded(looks(command))
    .description('plays one sheet: ladder, addresses at each hop, verdict')
    .option('-o, --output <folder>', 'writes captures: one pcapng, and a pcap for each interface')
    .option('--seed <n>', 'chance, instead of the seed in the sheet', whole(0))
    .option('--json', 'the verdict as JSON')
    .option('--quiet', 'only what failed, and the last line')
    .option('--all', 'every hop of a long ladder')
    .option('--svg <file>', 'writes the ladder as a picture')
    .addOption(
      new Option(
        '--step',
        'shows one frame after the other and waits for a key each time',
      ).conflicts(['json', 'quiet']),
    )
    .action(async (sheet, options) => {
      const { run } = await import('./commands/run.ts')
      done(await run(sheet, { ...options, color: colorOf() }))
    })
}

function addWhy(root: Command, done: Done): void {
  const command = root
    .command('why')
    .argument('<sheet>', 'a lab sheet')
    .argument('<frame>', 'the number that the ladder and the capture give the frame', whole(1))
  bounded(looks(command))
    .description("tells one packet's journey: where it went, what was changed in it, and why")
    .option('--seed <n>', 'chance, instead of the seed in the sheet', whole(0))
    .option('--json', 'the journey as JSON')
    .action(async (sheet, frame, options) => {
      const { why } = await import('./commands/why.ts')
      done(why(sheet, frame, { ...options, color: colorOf() }))
    })
}

function addTest(root: Command, done: Done): void {
  const command = root
    .command('test')
    .argument('[paths...]', 'sheets or folders; FILE:LINE for the expectation there')
  bounded(looks(command))
    .description('runs many sheets as tests')
    .addOption(
      new Option('--reporter <name>', 'how results are written')
        .choices(['default', 'tap', 'junit', 'json', 'github'])
        .default('default'),
    )
    .option('--grep <text>', 'only sheets whose title or file contains the text')
    .option('--bail', 'stops at the first failure')
    .option('--seed <n>', 'chance, instead of the seeds in the sheets', whole(0))
    .option('--seeds <range>', 'runs each sheet once with each seed: 1..20', range)
    .option('--shard <i/n>', 'the i-th of n equal parts', share)
    .option('--certify', 'runs each sheet twice and compares every frame')
    .action(async (paths, options) => {
      const { test } = await import('./commands/test.ts')
      done(await test(paths, { ...options, color: colorOf() }))
    })
}

function addParity(root: Command, done: Done): void {
  bounded(root.command('parity').argument('<sheet>', 'a lab sheet'))
    .description('compares a run with captures of a real machine, frame by frame')
    .option('--against <folder>', 'folder of NODE-INTERFACE.pcap, instead of the one in the sheet')
    .option('--json', 'the result as JSON')
    .action(async (sheet, options) => {
      const { parity } = await import('./commands/parity.ts')
      done(await parity(sheet, options))
    })
}

function addIpvs(root: Command, done: Done): void {
  root
    .command('ipvs')
    .argument('<folder>', 'recordings of IPVS, one .json file a run')
    .description('gives recorded connections to our schedulers and compares whom they choose')
    .option('--seed <n>', 'chance of schedulers that draw lots', whole(0))
    .option('--json', 'one line a run: file and whom we chose')
    .action(async (folder, options) => {
      const { ipvs } = await import('./commands/ipvs.ts')
      done(ipvs(folder, options))
    })
}

function addInquiries(root: Command, done: Done): void {
  root
    .command('list')
    .argument(
      '<what>',
      'schedulers, forwarders, checks, persistence, programs, verbs, expectations, drops, ' +
        'invariants, topologies, fields',
    )
    .description('what there is, each with a sentence')
    .option('--json', 'as JSON')
    .action(async (what, options) => {
      const { list } = await import('./commands/list.ts')
      done(list(what, options))
    })
  root
    .command('schema')
    .description('the JSON Schema of lab sheets, for completion in editors')
    .action(async () => {
      const { schema } = await import('./commands/schema.ts')
      done(schema())
    })
  root
    .command('doctor')
    .description('says whether real packets could be used on this machine, and what is missing')
    .option('--json', 'as JSON')
    .action(async (options) => {
      const { doctor } = await import('./commands/doctor.ts')
      done(await doctor(options))
    })
}

/** The command line; each command is loaded when it is used. */
function program(done: Done): Command {
  const root = new Command('vipwire')
    .description(`vipwire ${ABOUT}.`)
    .version(VERSION)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'vipwire: ')) })
    .addHelpText('after', EXIT_CODES)
  for (const add of [addRun, addWhy, addTest, addParity, addIpvs, addInquiries]) add(root, done)
  return root
}

/** Says on stderr what ended a command; returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE
  if (error instanceof CommandError) {
    process.stderr.write(`${error.message}\n`)
    return error.code
  }
  const sentence = error instanceof Error ? error.message : String(error)
  process.stderr.write(`vipwire itself is wrong, please report this: ${sentence}\n`)
  if (error instanceof Error && (error instanceof InternalError || process.env['VIPWIRE_DEBUG'])) {
    process.stderr.write(`${error.stack ?? ''}\n`)
  }
  return BROKEN
}

/** Runs the command line; returns the exit code. */
async function main(): Promise<number> {
  let code = OK
  const root = program((result) => {
    code = result
  })
  if (process.argv.length <= 2) {
    root.outputHelp({ error: true })
    return USAGE
  }
  try {
    await root.parseAsync(process.argv)
    return code
  } catch (error) {
    return explain(error)
  }
}

// A reader such as `head` that goes away is no mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(OK)
  throw error
})
// A script, as which this is bundled, has no `await` of its own.
void main().then((code) => {
  process.exitCode = code
})
