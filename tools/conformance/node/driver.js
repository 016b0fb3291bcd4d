'use strict';

// Runs every case on every way, the straight one among them, and compares.
//
// It is started with a folder of certificates. It prints the addresses of its endpoints as a line
// of JSON, reads a line with the ways to them, and then prints a line for each case on each way.

const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { isDeepStrictEqual } = require('node:util');
const { Client } = require('./client.js');
const { Run, Servers } = require('./servers.js');

const patience = Number(process.env.CASE_DEADLINE_MS || 30_000);
const atOnce = 6;

const all = fs.readdirSync(path.join(__dirname, 'cases')).filter((f) => f.endsWith('.js'))
  .flatMap((f) => require('./cases/' + f).map((c) => ({ kinds: ['http1', 'http1s'], ...c,
    name: path.basename(f, '.js') + '/' + c.name })));

let number = 0;

// attempt runs a case on a way. What it gives can be compared.
async function attempt(servers, what, way, folder) {
  const run = new Run('r' + number++, what);
  servers.runs.set(run.id, run);
  const client = new Client(way, run, folder);
  let late;
  const deadline = new Promise((resolve) => {
    late = setTimeout(() => resolve('it did not end'), patience);
  });
  const whole = (async () => {
    try {
      await what.run(client, run);
    } catch (e) {
      run.say('failed: ' + (e.code || e.message));
    }
    if (!what.withoutEnd) await run.served;
  })();
  const failure = await Promise.race([whole, deadline]);
  clearTimeout(late);
  servers.runs.delete(run.id);
  await client.close();
  if (what.unordered) {
    // Only now, since the endpoint may hear of the end after the client.
    run.learned.sort();
    run.heard.sort();
  }
  const outcome = { learned: run.learned, heard: run.heard };
  if (failure) outcome.failure = failure;
  return JSON.parse(JSON.stringify(outcome));
}

// judge runs a case on a straight way and on those that have to be like it.
async function judge(servers, what, ways, folder) {
  for (const kind of what.kinds) {
    const straight = ways.find((w) => w.kind === kind && w.straight);
    const want = await attempt(servers, what, straight, folder);
    // What a case is sure of holds without a gateway too; this one then says nothing.
    const sure = !want.failure && JSON.stringify(want) !== '{"learned":[],"heard":[]}';
    print({ case: what.name, way: straight.name, ok: sure, want: 'an outcome', got: want });
    for (const way of ways.filter((w) => w.kind === kind && !w.straight)) {
      if (what.clusters && !what.clusters.includes(way.cluster)) continue;
      const got = await attempt(servers, what, way, folder);
      const other = what.differs?.(way, want) ?? want;
      print({ case: what.name, way: way.name, ok: isDeepStrictEqual(other, got), want: other,
        got });
    }
  }
}

function print(line) { process.stdout.write(JSON.stringify(line) + '\n'); }

async function main(folder, pattern) {
  const servers = new Servers(folder);
  print({ servers: await servers.listen() });
  const lines = readline.createInterface({ input: process.stdin });
  const ways = JSON.parse((await new Promise((resolve) => lines.once('line', resolve))));
  lines.close();
  const left = all.filter((c) => new RegExp(pattern || '').test(c.name));
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let what; (what = left.shift());) await judge(servers, what, ways, folder);
  }));
  servers.close();
  print({ done: true });
}

process.on('unhandledRejection', (e) => {
  console.error('unhandled: ' + (e?.stack || e));
});
main(process.argv[2], process.argv[3]).then(() => process.exit(0), (e) => {
  console.error(e);
  process.exit(1);
});
