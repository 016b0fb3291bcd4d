'use strict';

// How WebSockets end: codes and reasons from either end, and ends without a word.

const { after, bytes, once, sum } = require('../outcome.js');

const cases = [];

function writeDown(c, ws) {
  ws.on('message', (data, binary) => c.say('message', sum(data), binary));
  ws.on('error', (e) => c.say('error', e.code || e.message));
  return new Promise((resolve) => ws.on('close', (code, reason) => {
    c.say('closed', code, reason.toString());
    resolve();
  }));
}

const codes = [undefined, 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
  3000, 3999, 4000, 4999];
for (const code of codes) {
  const reasons = code === undefined ? [undefined] : code === 1000
    ? ['', 'a', 'ü'.repeat(61), 'b'.repeat(123)] : ['because'];
  for (const reason of reasons) {
    const name = `${code ?? 'no code'}, a reason of ${reason?.length ?? 0}`;
    cases.push({
      name: 'the client closes: ' + name,
      accept() {},
      async run(c) {
        const ws = c.websocket();
        const closed = writeDown(c, ws);
        await once(ws, 'open', 'error');
        ws.close(code, reason);
        await closed;
      },
    }, {
      name: 'the endpoint closes: ' + name,
      accept(ws) { ws.close(code, reason); },
      async run(c) { await writeDown(c, c.websocket()); },
    });
  }
}

cases.push({
  name: 'both close at once',
  accept(ws) { ws.once('message', () => ws.close(4001, 'endpoint')); },
  async run(c) {
    const ws = c.websocket();
    const closed = new Promise((resolve) => ws.on('close', resolve));
    await once(ws, 'open', 'error');
    ws.send('now');
    ws.close(4001, 'endpoint');
    await closed;
    c.say('closed');
  },
}, {
  name: 'the endpoint closes behind megabytes',
  accept(ws) {
    for (let i = 0; i < 40; i++) ws.send(bytes(100_000, i));
    ws.close(4002, 'after them');
  },
  async run(c) { await writeDown(c, c.websocket()); },
}, {
  name: 'the client closes behind megabytes',
  accept(ws, run) { ws.on('message', (data) => run.note(sum(data))); },
  async run(c) {
    const ws = c.websocket();
    const closed = writeDown(c, ws);
    await once(ws, 'open', 'error');
    for (let i = 0; i < 40; i++) ws.send(bytes(100_000, i));
    ws.close(4003, 'after them');
    await closed;
  },
}, {
  name: 'the client is gone without a word',
  accept(ws) { ws.send('hello'); },
  async run(c) {
    const ws = c.websocket();
    const closed = writeDown(c, ws);
    await once(ws, 'message', 'close');
    ws.terminate();
    await closed;
  },
}, {
  name: 'the endpoint is gone without a word',
  accept(ws) { ws.once('message', () => ws.terminate()); },
  async run(c) {
    const ws = c.websocket();
    const closed = writeDown(c, ws);
    await once(ws, 'open', 'error');
    ws.send('go');
    await closed;
  },
}, {
  name: 'the endpoint ends its side of the connection',
  accept(ws) { ws.once('message', () => { ws.send('last'); ws._socket.end(); }); },
  async run(c) {
    const ws = c.websocket();
    const closed = writeDown(c, ws);
    await once(ws, 'open', 'error');
    ws.send('go');
    await closed;
  },
}, {
  name: 'the client ends its side of the connection',
  accept(ws) { ws.send('hello'); },
  async run(c) {
    const ws = c.websocket();
    const closed = writeDown(c, ws);
    await once(ws, 'message', 'close');
    ws._socket.end();
    await closed;
  },
}, {
  name: 'the endpoint resets the connection',
  kinds: ['http1'],
  clusters: ['http1'],
  accept(ws) { ws.once('message', () => ws._socket.resetAndDestroy()); },
  async run(c) {
    const ws = c.websocket();
    ws.on('error', () => {}); // a reset is one, or an end
    await once(ws, 'open');
    ws.send('go');
    const [, code] = await once(ws, 'close');
    c.say('closed', code);
  },
}, {
  name: 'the client resets the connection',
  kinds: ['http1'],
  clusters: ['http1'],
  withoutEnd: true,
  accept(ws, run) {
    ws.removeAllListeners('error');
    ws.removeAllListeners('close');
    ws.on('error', () => {});
    ws.on('close', (code) => { run.note('closed', code); run.done(); });
    ws.send('hello');
  },
  async run(c, run) {
    const ws = c.websocket();
    ws.on('error', () => {});
    await once(ws, 'message');
    ws._socket.resetAndDestroy();
    await run.served;
    c.say('gone');
  },
});

// Frames that are wrong go through as they are; the other end says so.
for (const [name, frame, options] of [
  ['without a mask', [0x81, 1, 0x61]],
  ['of a reserved opcode', [0x83, 0x80, 1, 2, 3, 4]],
  ['of a reserved control opcode', [0x8b, 0x80, 1, 2, 3, 4]],
  ['with a reserved bit', [0xa1, 0x80, 1, 2, 3, 4]],
  ['of a ping in parts', [0x09, 0x80, 1, 2, 3, 4]],
  ['of a ping that is too long', [0x89, 0xfe, 0, 126, 1, 2, 3, 4]],
  ['that continues nothing', [0x80, 0x80, 1, 2, 3, 4]],
  ['of a text that is none', [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]],
  ['of a close with one byte', [0x88, 0x81, 0, 0, 0, 0, 3]],
  ['of a close with a code that may not be', [0x88, 0x82, 0, 0, 0, 0, 3, 0xed]],
  ['of a close with a reason that is no text', [0x88, 0x84, 0, 0, 0, 0, 3, 0xe8, 0xc3, 0x28]],
  ['with a length of 2^63', [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]],
  ['that is larger than the other end takes', [0x82, 0xfe, 0x10, 0, 1, 2, 3, 4],
    { maxPayload: 1024 }],
  ['compressed though nothing was agreed', [0xc1, 0x80, 1, 2, 3, 4]],
]) {
  cases.push({
    name: 'the client sends a frame ' + name,
    options: { perMessageDeflate: false, ...options },
    accept() {},
    async run(c) {
      const ws = c.websocket('', [], { perMessageDeflate: false });
      const closed = writeDown(c, ws);
      await once(ws, 'open', 'error');
      ws._socket.write(Buffer.from(frame));
      await closed;
    },
  });
}

for (const [name, frame] of [
  ['with a mask', [0x81, 0x81, 0, 0, 0, 0, 0x61]],
  ['of a reserved opcode', [0x83, 0]],
  ['of a text that is none', [0x81, 2, 0xc3, 0x28]],
  ['of a close with a code that may not be', [0x88, 2, 3, 0xed]],
]) {
  cases.push({
    name: 'the endpoint sends a frame ' + name,
    accept(ws) { ws._socket.write(Buffer.from(frame)); },
    async run(c) { await writeDown(c, c.websocket()); },
  });
}

cases.push({
  name: 'quiet for a while, then words',
  accept: (ws) => ws.on('message', (data) => setTimeout(() => ws.send(data), 700)),
  async run(c) {
    const ws = c.websocket();
    const closed = writeDown(c, ws);
    await once(ws, 'open', 'error');
    await after(700);
    ws.send('still there?');
    await once(ws, 'message', 'close');
    ws.close(1000);
    await closed;
  },
});

// The package ws has no WebSockets over HTTP/2.
module.exports = cases.map((c) => ({ clusters: ['http1', 'http1s'], ...c }));
