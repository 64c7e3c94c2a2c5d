// dashboard: what LittleHorse's dashboard asks and does, page by page. A worker does the task "greet".
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client, proto, runIn, tenant, thread, until } from './client.mjs'

const { LHStatus, TaskStatus, UserTaskRunStatus, VariableType, WfRunVariableAccessLevel } = proto

const STR = { type: VariableType.STR }
const HELLO = {
  name: 'hello',
  entrypointThreadName: 'main',
  threadSpecs: {
    main: thread(
      [
        ['greet', { task: { taskDefId: { name: 'greet' }, variables: [{ variableName: 'who' }] } }],
        ['approve', { userTask: { userTaskDefName: 'approval', userGroup: { literalValue: { str: 'bosses' } } } }],
        ['wait', { externalEvent: { externalEventDefId: { name: 'signal' } } }],
      ],
      {
        variableDefs: [
          { varDef: { name: 'who', typeDef: STR }, required: true, searchable: true, accessLevel: WfRunVariableAccessLevel.PUBLIC_VAR },
          { varDef: { name: 'notes', typeDef: { type: VariableType.JSON_ARR }, defaultValue: { jsonArr: '[1,"two"]' } } },
        ],
      },
    ),
  },
}
const ids = ({ results }) => results.map((one) => one.name)
let run

test('the header tells who one is, where, and of which version the server is', async () => {
  assert.equal((await client.whoami({})).id.id, 'anonymous')
  assert.equal((await client.getServerVersion({})).majorVersion, 1)
  assert.equal((await client.getTenant({ id: tenant })).id.id, tenant)
  assert.ok((await client.searchTenant({})).results.some((one) => one.id === tenant))
})

test('the definitions of a tenant are put, found page by page, and read', async () => {
  await client.putExternalEventDef({ name: 'signal', contentType: { returnType: STR } })
  const OBJECT = { type: VariableType.JSON_OBJ } // which is 0, and so not sent
  await client.putTaskDef({ name: 'objects', inputVars: [{ name: 'in', typeDef: OBJECT }], returnType: { returnType: OBJECT } })
  const objects = await client.getTaskDef({ name: 'objects' })
  assert.equal(objects.inputVars[0].typeDef.type, VariableType.JSON_OBJ)
  assert.equal(objects.returnType.returnType.type, VariableType.JSON_OBJ)
  await client.putWorkflowEventDef({ name: 'told', contentType: { returnType: STR } })
  await client.putUserTaskDef({
    name: 'approval',
    fields: [{ name: 'fine', type: VariableType.BOOL, displayName: 'Is it fine?', required: true }],
  })
  const put = await client.putWfSpec(HELLO)
  assert.deepEqual(put.id, { name: 'hello', majorVersion: 0, revision: 0 })
  await client.putWfSpec({ ...HELLO, name: 'hello-again' })

  assert.deepEqual(ids(await client.searchTaskDef({ prefix: 'gr', limit: 15 })), ['greet'])
  assert.deepEqual(ids(await client.searchExternalEventDef({ prefix: '', limit: 15 })), ['signal'])
  assert.deepEqual(ids(await client.searchWorkflowEventDef({ limit: 15 })), ['told'])
  assert.deepEqual(ids(await client.searchUserTaskDef({ prefix: '', limit: 15 })), ['approval'])
  const first = await client.searchWfSpec({ prefix: '', limit: 1 })
  assert.deepEqual(ids(first), ['hello'])
  const second = await client.searchWfSpec({ prefix: '', limit: 1, bookmark: first.bookmark })
  assert.deepEqual(ids(second), ['hello-again'])
  assert.equal(second.bookmark, undefined)
  assert.deepEqual(ids(await client.searchWfSpec({ taskDefName: 'greet' })), ['hello', 'hello-again'])

  assert.equal((await client.getTaskDef({ name: 'greet' })).inputVars[0].typeDef.type, VariableType.STR)
  assert.equal((await client.getExternalEventDef({ name: 'signal' })).typeInformation.returnType.type, VariableType.STR)
  assert.equal((await client.getWorkflowEventDef({ name: 'told' })).id.name, 'told')
  assert.equal((await client.getLatestUserTaskDef({ name: 'approval' })).fields[0].displayName, 'Is it fine?')
  const latest = await client.getLatestWfSpec({ name: 'hello' })
  assert.deepEqual(latest, await client.getWfSpec(put.id))
  assert.deepEqual(Object.keys(latest.threadSpecs.main.nodes).sort(), ['approve', 'entry', 'exit', 'greet', 'wait'])
  assert.equal(latest.threadSpecs.main.variableDefs[0].accessLevel, WfRunVariableAccessLevel.PUBLIC_VAR)
})

test('the form of a WfSpec starts a run, which its table finds', async () => {
  run = await client.runWf({ wfSpecName: 'hello', majorVersion: 0, revision: 0, variables: { who: { str: 'Ada' } } })
  assert.equal(run.status, LHStatus.RUNNING)
  assert.ok(Math.abs(Date.parse(run.startTime) - Date.now()) < 60_000)
  const spec = { wfSpecName: 'hello', wfSpecMajorVersion: 0, wfSpecRevision: 0, limit: 10 }
  const found = async (more) => (await client.searchWfRun({ ...spec, ...more })).results.map((one) => one.id)
  const day_ms = 86_400_000
  const since = new Date(Date.now() - day_ms).toISOString()
  const ended = new Date(Date.now() + day_ms).toISOString()
  assert.deepEqual(await found({}), [run.id.id])
  assert.deepEqual(await found({ status: LHStatus.RUNNING, earliestStart: since, latestStart: ended }), [run.id.id])
  assert.deepEqual(await found({ latestStart: since }), [])
  assert.deepEqual(await found({ variableFilters: [{ varName: 'who', value: { str: 'Ada' } }] }), [run.id.id])
  assert.deepEqual(await found({ variableFilters: [{ varName: 'who', value: { str: 'Bob' } }] }), [])
})

test('the graph of a run tells its NodeRuns, TaskRuns and variables', async () => {
  const listed = await until(
    () => client.listNodeRuns({ wfRunId: run.id, threadRunNumber: 0 }),
    ({ results }) => results.length === 3,
  )
  assert.deepEqual(listed.results.map((one) => one.nodeName), ['entry', 'greet', 'approve'])
  assert.deepEqual(listed.results.map((one) => one.status), [LHStatus.COMPLETED, LHStatus.COMPLETED, LHStatus.RUNNING])
  assert.deepEqual(await client.getNodeRun(listed.results[1].id), listed.results[1])

  const task = await client.getTaskRun(listed.results[1].task.taskRunId)
  assert.equal(task.status, TaskStatus.TASK_SUCCESS)
  assert.deepEqual(task.attempts[0].output.str, 'hello Ada')
  assert.equal(task.inputVariables[0].value.str, 'Ada')
  assert.deepEqual((await client.listTaskRuns({ wfRunId: run.id })).results, [task])
  const tasks = await client.searchTaskRun({ taskDefName: 'greet', status: TaskStatus.TASK_SUCCESS, limit: 5 })
  assert.deepEqual(tasks.results, [task.id])

  const { results: variables } = await client.listVariables({ wfRunId: run.id })
  const byName = Object.fromEntries(variables.map((one) => [one.id.name, one.value]))
  assert.equal(byName.who.str, 'Ada')
  assert.deepEqual(JSON.parse(byName.notes.jsonArr), [1, 'two'])
  assert.deepEqual((await client.getVariable({ wfRunId: run.id, threadRunNumber: 0, name: 'who' })).value, byName.who)
  const which = await client.searchVariable({ wfSpecName: 'hello', varName: 'who', value: { str: 'Ada' } })
  assert.equal(which.results.length, 1)
})

test('a person assigns and completes a user task', async () => {
  const { results } = await client.searchUserTaskRun({ userTaskDefName: 'approval', userGroup: 'bosses', limit: 10 })
  assert.equal(results.length, 1)
  const [userTaskRunId] = results
  await client.assignUserTaskRun({ userTaskRunId, overrideClaim: true, userId: 'bob' })
  const assigned = await client.getUserTaskRun(userTaskRunId)
  assert.equal(assigned.status, UserTaskRunStatus.ASSIGNED)
  assert.equal(assigned.userId, 'bob')
  const def = await client.getUserTaskDef(assigned.userTaskDefId)
  assert.equal(def.fields[0].type, VariableType.BOOL)
  await client.completeUserTaskRun({ userTaskRunId, userId: 'bob', results: { fine: { bool: true } } })
  const done = await client.getUserTaskRun(userTaskRunId)
  assert.equal(done.status, UserTaskRunStatus.DONE)
  assert.equal(done.results.fine.bool, true)
  assert.deepEqual((await client.listUserTaskRuns({ wfRunId: run.id })).results, [done])
})

test('a run is stopped and goes on, then an event ends it', async () => {
  await client.stopWfRun({ wfRunId: run.id, threadRunNumber: 0 })
  await runIn(LHStatus.HALTED, run.id)
  await client.resumeWfRun({ wfRunId: run.id, threadRunNumber: 0 })
  await runIn(LHStatus.RUNNING, run.id)
  const posted = await client.putExternalEvent({
    wfRunId: run.id, externalEventDefId: { name: 'signal' }, content: { str: 'go' },
  })
  assert.deepEqual(await client.getExternalEvent(posted.id).then((one) => one.content.str), 'go')
  const ended = await runIn(LHStatus.COMPLETED, run.id)
  assert.ok(ended.endTime)
  const { results: events } = await client.listExternalEvents({ wfRunId: run.id })
  assert.deepEqual(events.map((one) => [one.claimed, one.nodeRunPosition]), [[true, 3]])
  const claimed = await client.searchExternalEvent({ externalEventDefId: { name: 'signal' }, isClaimed: true })
  assert.deepEqual(claimed.results, [posted.id])
})

test('schedules are made, listed and deleted', async () => {
  const made = await client.scheduleWf({ wfSpecName: 'hello', cronExpression: '0 0 1 1 *', variables: { who: { str: 'Eve' } } })
  assert.ok(Date.parse(made.createdAt))
  const found = await client.searchScheduledWfRun({ wfSpecName: 'hello', majorVersion: 0, revision: 0 })
  assert.deepEqual(found.results, [made.id])
  assert.equal((await client.getScheduledWfRun(made.id)).cronExpression, '0 0 1 1 *')
  await client.deleteScheduledWfRun({ id: made.id })
  assert.deepEqual((await client.searchScheduledWfRun({ wfSpecName: 'hello' })).results, [])
})

test('a child WfRun is told by its id and that of its parent', async () => {
  const main = thread([], { variableDefs: [{ varDef: { name: 'who', typeDef: STR }, accessLevel: WfRunVariableAccessLevel.INHERITED_VAR }] })
  await client.putWfSpec({
    name: 'kid', entrypointThreadName: 'main', threadSpecs: { main }, parentWfSpec: { wfSpecName: 'hello', wfSpecMajorVersion: 0 },
  })
  const child = await client.runWf({ wfSpecName: 'kid', id: 'kid', parentWfRunId: run.id })
  assert.deepEqual(child.id, { id: 'kid', parentWfRunId: { id: run.id.id, parentWfRunId: undefined } })
  assert.deepEqual((await client.getWfRun(child.id)).id, child.id)
  assert.deepEqual((await client.searchWfRun({ wfSpecName: 'kid' })).results, [child.id])
  assert.deepEqual((await client.listNodeRuns({ wfRunId: child.id })).results[0].id.wfRunId, child.id)
})

test('runs and definitions are deleted', async () => {
  await client.deleteWfRun({ id: run.id })
  assert.deepEqual((await client.searchWfRun({ wfSpecName: 'hello', limit: 10 })).results, [])
  await client.deleteWfSpec({ id: { name: 'hello-again', majorVersion: 0, revision: 0 } })
  assert.deepEqual(ids(await client.searchWfSpec({ prefix: 'hello-again' })), [])
})
