// Workflows of the TypeScript checks, in plain JavaScript so that nothing has to be built.
'use strict';

const wf = require('@temporalio/workflow');

const { greet } = wf.proxyActivities({ startToCloseTimeout: '10s', retry: { initialInterval: '10ms' } });

exports.hello = async (name) => greet(name);

exports.conversation = async () => {
  const texts = [];
  let name = 'nobody';
  let finished = false;
  wf.setHandler(wf.defineSignal('add'), (text) => void texts.push(text));
  wf.setHandler(wf.defineSignal('finish'), () => void (finished = true));
  wf.setHandler(wf.defineQuery('texts'), () => texts);
  const rename = (to) => {
    const before = name;
    name = to;
    return before;
  };
  const validator = (to) => {
    if (to === '') throw new Error('a name is empty');
  };
  wf.setHandler(wf.defineUpdate('rename'), rename, { validator });
  await wf.condition(() => finished);
  return [name, ...texts];
};

exports.child = async (number) => {
  await wf.sleep(1);
  return number * 2;
};

exports.parent = async (count) => {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const doubled = await Promise.all(numbers.map((number) => wf.executeChild('child', { args: [number] })));
  return doubled.reduce((sum, number) => sum + number, 0);
};

exports.sleeper = async (milliseconds) => {
  const began = Date.now();
  await wf.sleep(milliseconds);
  return Date.now() - began;
};

exports.waiter = async () => {
  await wf.sleep('1 hour');
};

exports.counter = async (left, sum) => {
  if (left === 0) return sum;
  await wf.continueAsNew(left - 1, sum + left);
};
