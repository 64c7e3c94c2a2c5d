// client: LittleHorse's JavaScript client as an application makes it, and what all stories use.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url) // the client is CommonJS
export const { LHConfig } = require('littlehorse-client')
export const proto = require('littlehorse-client/proto')

const { LHC_API_HOST, LHC_API_PORT, LHC_TENANT_ID } = process.env
export const tenant = LHC_TENANT_ID
export const client = new LHConfig({ LHC_API_HOST, LHC_API_PORT, LHC_TENANT_ID }).getClient()

/** The first answer of `ask` that `holds`. */
export async function until(ask, holds, timeout_ms = 20_000) {
  const end = Date.now() + timeout_ms
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
    assert.ok(Date.now() < end, `not after ${timeout_ms} ms: ${holds}; last answer: ${JSON.stringify(answer)}`)
    await new Promise((wake) => setTimeout(wake, 10))
  }
}

/** The run, once it has this status. */
export const runIn = (status, id) => until(() => client.getWfRun(id), (run) => run.status === status)

/** A thread whose nodes follow each other: [name, node] pairs, between an entrypoint and an exit. */
export function thread(nodes, more = {}) {
  const all = [['entry', { entrypoint: {} }], ...nodes, ['exit', { exit: {} }]]
  const linked = all.map(([name, node], i) => {
    const next = all[i + 1]
    return [name, next ? { ...node, outgoingEdges: [{ sinkNodeName: next[0] }] } : node]
  })
  return { nodes: Object.fromEntries(linked), ...more }
}
