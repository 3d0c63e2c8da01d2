// node code-cache.cjs FILE COMMAND ...: runs a command of vipwire and writes the code that V8 has
// compiled for it to FILE.

const { writeFileSync } = require('node:fs')

const [node, , file, ...command] = process.argv
process.argv = [node, 'vipwire', ...command]
process.stdout.write = () => true
const { start } = require('../bin/vipwire.cjs')
const script = start()
process.on('exit', () => writeFileSync(file, script.createCachedData()))
