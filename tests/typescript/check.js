// The official TypeScript client, worker and test environments against our service:
//
//     npm ci && node check.js ../../target/debug/temporal-server
//
// The SDK starts the binary itself, in the two forms that it knows. Each check prints a line; the first that does not
// hold ends the program with its error.
'use strict';

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const path = require('node:path');
const { Client, ScheduleOverlapPolicy, WithStartWorkflowOperation, WorkflowFailedError } = require('@temporalio/client');
const { TestWorkflowEnvironment } = require('@temporalio/testing');
const { DefaultLogger, Runtime, Worker, bundleWorkflowCode } = require('@temporalio/worker');

const QUEUE = 'typescript';
const LIMIT = 60_000;

const named = (kind, args = []) => ({ taskQueue: QUEUE, workflowId: `${kind}-${randomUUID()}`, args });

const greeted = new Set();
const activities = {
  async greet(name) {
    // the first attempt for each name fails
    if (!greeted.has(name)) {
      greeted.add(name);
      throw new Error('not yet');
    }
    return `Hello from TypeScript, ${name}!`;
  },
};

const checks = {
  async hello({ client }) {
    const result = await client.workflow.execute('hello', named('hello', ['you']));
    assert.equal(result, 'Hello from TypeScript, you!');
  },

  async signalsQueriesAndUpdates({ client }) {
    const handle = await client.workflow.start('conversation', named('conversation'));
    for (const text of ['one', 'two', 'three']) await handle.signal('add', text);
    assert.deepEqual(await handle.query('texts'), ['one', 'two', 'three']);
    assert.equal(await handle.executeUpdate('rename', { args: ['somebody'] }), 'nobody');
    await assert.rejects(handle.executeUpdate('rename', { args: [''] }), (error) => error.cause.message === 'a name is empty');
    await handle.signal('finish');
    assert.deepEqual(await handle.result(), ['somebody', 'one', 'two', 'three']);
    assert.deepEqual(await handle.query('texts'), ['one', 'two', 'three']);
  },

  async signalWithStart({ client }) {
    const options = { ...named('signalled'), signal: 'add' };
    await client.workflow.signalWithStart('conversation', { ...options, signalArgs: ['one'] });
    const handle = await client.workflow.signalWithStart('conversation', { ...options, signalArgs: ['two'] });
    await handle.signal('finish');
    assert.deepEqual(await handle.result(), ['nobody', 'one', 'two']);
  },

  async updateWithStart({ client }) {
    const options = { ...named('updated'), workflowIdConflictPolicy: 'USE_EXISTING' };
    const start = new WithStartWorkflowOperation('conversation', options);
    const before = await client.workflow.executeUpdateWithStart('rename', { args: ['first'], startWorkflowOperation: start });
    assert.equal(before, 'nobody');
    const handle = await start.workflowHandle();
    await handle.signal('finish');
    assert.deepEqual(await handle.result(), ['first']);
  },

  async children({ client }) {
    assert.equal(await client.workflow.execute('parent', named('parent', [5])), 20);
  },

  async continueAsNew({ client }) {
    assert.equal(await client.workflow.execute('counter', named('counter', [2, 0])), 3);
  },

  async cancelAndTerminate({ client }) {
    const cancelled = await client.workflow.start('waiter', named('cancelled'));
    await cancelled.cancel();
    await assert.rejects(cancelled.result(), (error) => error instanceof WorkflowFailedError && error.cause.name === 'CancelledFailure');
    const terminated = await client.workflow.start('waiter', named('terminated'));
    await terminated.terminate('enough');
    await assert.rejects(terminated.result(), (error) => error.cause.name === 'TerminatedFailure');
    assert.equal((await terminated.describe()).status.name, 'TERMINATED');
  },

  async listsAndCounts({ client }) {
    const handle = await client.workflow.start('waiter', named('listed'));
    const query = `WorkflowId = '${handle.workflowId}' AND ExecutionStatus = 'Running'`;
    const found = [];
    for await (const info of client.workflow.list({ query })) found.push(info.workflowId);
    assert.deepEqual(found, [handle.workflowId]);
    assert.equal((await client.workflow.count(query)).count, 1);
    await handle.terminate();
    assert.equal((await client.workflow.count(query)).count, 0);
  },

  async schedules({ client }) {
    const scheduleId = `schedule-${randomUUID()}`;
    const workflowId = `scheduled-${randomUUID()}`;
    const schedule = await client.schedule.create({
      scheduleId,
      spec: { intervals: [{ every: '1h' }] },
      action: { type: 'startWorkflow', workflowType: 'hello', taskQueue: QUEUE, workflowId, args: ['schedule'] },
      policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL },
    });
    await schedule.trigger();
    let actions = [];
    while (actions.length === 0) actions = (await schedule.describe()).info.recentActions;
    const result = await client.workflow.getHandle(actions[0].action.workflow.workflowId).result();
    assert.equal(result, 'Hello from TypeScript, schedule!');
    await schedule.delete();
  },
};

const skipping = {
  async aYearPassesInAMoment(env) {
    const year = 365 * 24 * 3600 * 1000;
    const began = process.hrtime.bigint();
    const passed = await env.client.workflow.execute('sleeper', named('year', [year]));
    assert.ok(passed >= year);
    assert.ok(process.hrtime.bigint() - began < 30n * 1_000_000_000n);
  },

  async timeStandsWhileNobodyWaits(env) {
    const handle = await env.client.workflow.start('sleeper', named('stands', [3_600_000]));
    assert.equal((await handle.describe()).status.name, 'RUNNING');
    await env.sleep('2 hours');
    assert.equal((await handle.describe()).status.name, 'COMPLETED');
  },
};

async function all(list, env, workflowBundle) {
  const worker = await Worker.create({ connection: env.nativeConnection, taskQueue: QUEUE, workflowBundle, activities });
  await worker.runUntil(async () => {
    for (const [name, check] of Object.entries(list)) {
      const began = performance.now();
      let timer;
      const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('it hangs')), LIMIT)));
      try {
        await Promise.race([check(env), late]);
      } catch (error) {
        console.log(`FAILED ${name}`);
        throw error;
      }
      clearTimeout(timer);
      console.log(`ok ${name} (${((performance.now() - began) / 1000).toFixed(2)} s)`);
    }
  });
}

async function main() {
  const binary = path.resolve(process.argv[2]);
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger });
  const bundle = await bundleWorkflowCode({ workflowsPath: require.resolve('./workflows'), logger });
  const executable = { type: 'existing-path', path: binary };
  const local = await TestWorkflowEnvironment.createLocal({ server: { executable } });
  await all(checks, local, bundle);
  await local.teardown();
  const timed = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  await all(skipping, timed, bundle);
  await timed.teardown();
  console.log('all checks hold');
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
