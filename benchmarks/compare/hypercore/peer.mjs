// hypercore: a signed Merkle log. The head of each append is signed with Ed25519.
//
// An append is written to RocksDB's log without a sync; so that every batch is durable, the
// database is flushed after it. The protocol is that of ../protocol.py.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import Hypercore from 'hypercore'

const [directory, file] = process.argv.slice(2)

function readRecords (data) {
  const records = []
  for (let at = 0; at < data.length;) {
    const size = data.readUInt32BE(at)
    records.push(data.subarray(at + 4, at + 4 + size))
    at += 4 + size
  }
  return records
}

const records = readRecords(readFileSync(file))
const core = new Hypercore(directory)
await core.ready()
let next = 0

async function append (size, count) {
  for (let i = 0; i < count; i++) {
    const batch = []
    for (let j = 0; j < size; j++) batch.push(records[next++ % records.length])
    await core.append(batch)
    await core.state.storage.store.db.flush()
  }
  return 'ok'
}

async function prove (indexes) {
  let size = 0
  for (const index of indexes) {
    const proof = await core.proof({ block: { index, nodes: 0 }, upgrade: { start: 0, length: core.length } })
    const nodes = [...proof.block.nodes, ...proof.upgrade.nodes, ...proof.upgrade.additionalNodes]
    size = nodes.reduce((sum, node) => sum + node.hash.length, proof.upgrade.signature.length)
  }
  return `ok ${size}`
}

async function audit () {
  const found = await core.core.audit({ dryRun: true })
  if (found.corrupt || found.droppedTreeNodes || found.droppedBlocks || found.droppedBits) {
    throw new Error('the audit found damage')
  }
  return `ok ${found.blocks}`
}

console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...rest] = line.split(' ')
  if (verb === 'append') console.log(await append(Number(rest[0]), Number(rest[1])))
  else if (verb === 'prove') console.log(await prove(rest.map(Number)))
  else console.log(await audit())
}
await core.close()
