// refusals: what the client throws when lhredis refuses: ClientError with gRPC's code and our sentence.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client, LHConfig, proto } from './client.mjs'

const { LHStatus } = proto
const NOT_FOUND = 5, INVALID_ARGUMENT = 3, FAILED_PRECONDITION = 9, UNIMPLEMENTED = 12, RESOURCE_EXHAUSTED = 8

const refused = (call, code, words) => assert.rejects(call, (error) => {
  assert.equal(error.name, 'ClientError')
  assert.equal(error.code, code, error.details)
  assert.match(error.details, words)
  return true
})

test('what is not there is NOT_FOUND, and says what', async () => {
  await refused(client.getWfRun({ id: 'nobody' }), NOT_FOUND, /nobody/)
  await refused(client.getLatestWfSpec({ name: 'nothing' }), NOT_FOUND, /nothing/)
  await refused(client.runWf({ wfSpecName: 'nothing' }), NOT_FOUND, /nothing/)
})

test('an id that cannot be one is INVALID_ARGUMENT', async () => {
  await refused(client.getWfRun({ id: 'no/id' }), INVALID_ARGUMENT, /no\/id/)
  await refused(client.putTaskDef({ name: 'No Name' }), INVALID_ARGUMENT, /name/)
  await refused(client.searchWfRun({ wfSpecName: 'x', bookmark: Buffer.from([255, 0, 1]) }), INVALID_ARGUMENT, /bookmark/)
})

test('lists of what is not there are empty', async () => {
  assert.deepEqual((await client.listNodeRuns({ wfRunId: { id: 'nobody' } })).results, [])
  assert.deepEqual((await client.searchWfRun({ wfSpecName: 'nothing', status: LHStatus.RUNNING })).results, [])
})

test('what lhredis has not says so', async () => {
  await refused(client.putTenant({ id: 'other' }), UNIMPLEMENTED, /tenants/)
})

test('a message over the limit is refused, and the channel stays open', async () => {
  const huge = 'x'.repeat(5 * 1024 * 1024)
  await refused(client.runWf({ wfSpecName: huge }), RESOURCE_EXHAUSTED, /larger than max/)
  assert.equal((await client.whoami({})).id.id, 'anonymous')
})

test('a tenant that is no name is refused', async () => {
  const { LHC_API_HOST, LHC_API_PORT } = process.env
  const odd = new LHConfig({ LHC_API_HOST, LHC_API_PORT, LHC_TENANT_ID: 'no/name' }).getClient()
  await refused(odd.whoami({}), INVALID_ARGUMENT, /tenant/)
})
