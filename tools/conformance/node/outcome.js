'use strict';

// What cases write down of messages, so that it is the same on every way.

const { createHash } = require('node:crypto');

// sum is short for many bytes.
function sum(data) {
  const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.concat([].concat(data));
  return bytes.length + ':' + createHash('sha1').update(bytes).digest('hex').slice(0, 12);
}

// bytes makes n that repeat late, so that what is lost, doubled or in another order shows.
function bytes(n, seed = 1) {
  const b = Buffer.alloc(n);
  let x = seed | 1;
  for (let i = 0; i < n; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    b[i] = x >>> 16;
  }
  return b;
}

// Fields that are of one hop or that the gateway adds, as docs/connections.md says.
const ofTheHop = new Set(['via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port',
  'x-forwarded-prefix', 'x-forwarded-proto',
  'x-request-id', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'host', 'te',
  'date', 'expect', 'accept-encoding', 'http2-settings']);

// fields are those of a message that every hop passes on.
function fields(all) {
  const out = {};
  for (const name of Object.keys(all).sort()) {
    if (!ofTheHop.has(name) && !name.startsWith(':')) out[name] = all[name];
  }
  return out;
}

// once waits for an event and gives its arguments. It never fails: an error is an event.
function once(emitter, ...names) {
  return new Promise((resolve) => {
    for (const name of names) emitter.once(name, (...args) => resolve([name, ...args]));
  });
}

// whole reads a body to its end, or to where it breaks.
async function whole(readable) {
  const parts = [];
  try {
    for await (const part of readable) parts.push(Buffer.from(part));
  } catch (e) {
    return { text: Buffer.concat(parts), broken: true, code: e.code || e.name };
  }
  return { text: Buffer.concat(parts), broken: false };
}

const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

module.exports = { after, bytes, fields, once, sum, whole };
