// Stands in until the command line is written.
process.stderr.write('usage: vipwire run SHEET | test [PATHS] | parity SHEET --against DIR\n')
process.exitCode = 2
