import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { InternalError } from '../engine/assert.ts'
import { BROKEN, CommandError, OK, USAGE } from './exit.ts'

const VERSION = '0.1.0'

/** A whole number from `min`, for options. */
function whole(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > Number.MAX_SAFE_INTEGER) {
      throw new InvalidArgumentError(`a whole number from ${min} is needed.`)
    }
    return value
  }
}

function looks(command: Command): Command {
  return command
    .option('--color', 'colours even where none would be used')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no line drawing')
    .option('--width <columns>', 'width of the output', whole(20))
}

/** The command line; each command is loaded when it is used. */
function program(done: (code: number) => void): Command {
  const root = new Command('vipwire')
    .description('A load balancer you can watch, packet by packet: plays lab sheets and judges what crossed the wires.')
    .version(VERSION)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text) })
    .addHelpText(
      'after',
      '\nExit codes: 0 all held; 1 an expectation or invariant failed; 2 wrong usage or a wrong sheet;\n3 vipwire itself is wrong; 4 nothing selected or skipped; 130 interrupted.',
    )

  looks(root.command('run').argument('<sheet>', 'a lab sheet'))
    .description('plays one sheet: ladder, addresses at each hop, verdict')
    .option('-o, --output <folder>', 'writes captures: one pcapng, and a pcap for each interface')
    .option('--seed <n>', 'chance, instead of the sheet’s', whole(0))
    .option('--json', 'the verdict as JSON')
    .option('--quiet', 'only what failed, and the last line')
    .option('--all', 'every hop of a long ladder')
    .option('--max-events <n>', 'ends a run that does not end by itself', whole(1))
    .action(async (sheet, options) => {
      const { run } = await import('./commands/run.ts')
      done(await run(sheet, { ...options, color: colorOf(options) }))
    })

  looks(root.command('test').argument('[paths...]', 'sheets or folders; FILE:LINE for the expectation there'))
    .description('runs many sheets as tests')
    .addOption(
      new Option('--reporter <name>', 'how results are written')
        .choices(['default', 'tap', 'junit', 'json', 'github'])
        .default('default'),
    )
    .option('--grep <text>', 'only sheets whose title or file contains the text')
    .option('--bail', 'stops at the first failure')
    .option('--seed <n>', 'chance, instead of the sheets’', whole(0))
    .option('--seeds <range>', 'runs each sheet once with each seed: 1..20')
    .option('--shard <i/n>', 'the i-th of n equal parts')
    .option('--certify', 'runs each sheet twice and compares every frame')
    .option('--max-events <n>', 'ends a run that does not end by itself', whole(1))
    .action(async (paths, options) => {
      const { test } = await import('./commands/test.ts')
      done(await test(paths, { ...options, color: colorOf(options) }))
    })

  root
    .command('parity')
    .argument('<sheet>', 'a lab sheet')
    .description('compares a run with captures of a real machine, frame by frame')
    .option('--against <folder>', 'folder of NODE-INTERFACE.pcap; the sheet’s when left out')
    .option('--json', 'the result as JSON')
    .option('--max-events <n>', 'ends a run that does not end by itself', whole(1))
    .action(async (sheet, options) => {
      const { parity } = await import('./commands/parity.ts')
      done(await parity(sheet, options))
    })

  root
    .command('list')
    .argument('<what>', 'schedulers, forwarders, programs, verbs, drops, invariants or topologies')
    .description('what there is, with a sentence and its source each')
    .option('--json', 'as JSON')
    .action(async (what, options) => {
      const { list } = await import('./commands/list.ts')
      done(list(what, options))
    })

  root
    .command('schema')
    .description('the sheet’s JSON Schema, for completion in editors')
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
  return root
}

function colorOf(options: { readonly color?: boolean }): boolean | undefined {
  // Commander sets `color` to true for a `--no-color` that was not given.
  const args = process.argv
  return args.includes('--no-color') ? false : args.includes('--color') ? options.color : undefined
}

/** Runs the command line; returns the exit code. */
async function main(): Promise<number> {
  let code = OK
  try {
    const root = program((result) => {
      code = result
    })
    if (process.argv.length <= 2) {
      root.outputHelp({ error: true })
      return USAGE
    }
    await root.parseAsync(process.argv)
    return code
  } catch (error) {
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
}

// A reader such as `head` that goes away is no mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(OK)
  throw error
})
process.exitCode = await main()
