'use strict';

// Messages of WebSockets: their sizes, their parts, pings, compression, and many of them.

const { createWebSocketStream } = require('ws');
const { after, bytes, once, sum, whole } = require('../outcome.js');

const echo = (ws, run) => ws.on('message', (data, binary) => {
  run.note('message', sum(data), binary);
  ws.send(data, { binary });
});

// opened is a socket of the client whose messages are written down.
async function opened(c, options, protocols) {
  const ws = c.websocket('', protocols, options);
  ws.on('message', (data, binary) => c.say('message', sum(data), binary));
  ws.on('error', (e) => c.say('error', e.code || e.message));
  ws.on('close', (code, reason) => c.say('closed', code, reason.toString()));
  await once(ws, 'open', 'close');
  return ws;
}

async function ends(ws, code = 1000, reason = 'enough') {
  ws.close(code, reason);
  await once(ws, 'close');
}

const sizes = [0, 1, 2, 124, 125, 126, 127, 128, 4095, 4096, 16383, 16384, 16385, 65534, 65535,
  65536, 65537, 131072, (1 << 20) + 1];

const cases = [];

for (const binary of [true, false]) {
  cases.push({
    name: `every size, ${binary ? 'binary' : 'text'}`,
    accept: echo,
    async run(c) {
      const ws = await opened(c);
      for (const n of sizes) {
        const data = binary ? bytes(n) : bytes(n).toString('hex').slice(0, n);
        const came = once(ws, 'message', 'close');
        ws.send(data);
        await came;
      }
      await ends(ws);
    },
  }, {
    name: `all sizes without waiting, ${binary ? 'binary' : 'text'}`,
    accept(ws, run) {
      for (const n of sizes) ws.send(binary ? bytes(n) : bytes(n).toString('hex').slice(0, n));
      echo(ws, run);
    },
    async run(c) {
      const ws = c.websocket();
      let n = 0;
      const all = new Promise((resolve) => ws.on('message', (data, is) => {
        c.say(sum(data), is);
        if (++n === 2 * sizes.length) resolve();
      }));
      await once(ws, 'open', 'error');
      for (const size of sizes) ws.send(binary ? bytes(size, 7) : 'x'.repeat(size));
      await Promise.race([all, once(ws, 'close')]);
      await ends(ws);
      c.run.learned.sort(); // both directions are one after the other, but not each to each
    },
  });
}

for (const mask of [true, false]) {
  cases.push({
    name: `frames ${mask ? 'with' : 'without'} a mask are passed on as they are`,
    accept: echo,
    async run(c) {
      const ws = await opened(c);
      ws.send('as it should be');
      ws.send('this one may not be so', { mask });
      await once(ws, 'close', 'message');
      if (mask) await ends(ws);
      else if (ws.readyState !== 3) await once(ws, 'close');
    },
  });
}

cases.push({
  name: 'parts of messages, with pings between them',
  accept(ws, run) {
    echo(ws, run);
    ws.on('ping', (data) => run.note('ping', data.toString()));
  },
  async run(c) {
    const ws = await opened(c);
    ws.on('pong', (data) => c.say('pong', data.toString()));
    for (const parts of [['a', 'b'], ['', '', ''], ['x'.repeat(126), 'y'.repeat(65536), 'z'],
      Array(200).fill('p')]) {
      const came = once(ws, 'message', 'close');
      parts.forEach((part, i) => {
        ws.send(part, { fin: i === parts.length - 1 });
        if (i === 0) ws.ping('between');
      });
      await came;
    }
    await ends(ws);
  },
}, {
  name: 'characters of many bytes, cut anywhere',
  accept: echo,
  async run(c) {
    const ws = await opened(c);
    const text = Buffer.from('κόσμε 𝄞 日本語 🏳️‍🌈 \u0000 \uffff');
    for (let cut = 0; cut <= text.length; cut++) {
      const came = once(ws, 'message', 'close');
      ws.send(text.subarray(0, cut), { binary: false, fin: false });
      ws.send(text.subarray(cut), { binary: false, fin: true });
      await came;
    }
    await ends(ws);
  },
}, {
  name: 'bytes of a frame that come one at a time',
  accept: echo,
  async run(c) {
    const ws = await opened(c);
    const mask = Buffer.from([1, 2, 3, 4]);
    const text = Buffer.from('slowly');
    const frame = Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask,
      text.map((b, i) => b ^ mask[i % 4])]);
    const came = once(ws, 'message', 'close');
    for (const b of frame) {
      ws._socket.write(Buffer.from([b]));
      await after(2);
    }
    await came;
    await ends(ws);
  },
}, {
  name: 'pings and pongs with what they carry',
  unordered: true, // what one end sends by itself has no order with what it answers
  accept(ws, run) {
    for (const what of ['ping', 'pong']) {
      ws.on(what, (data) => run.note(what, data.toString()));
    }
    ws.ping('from the endpoint');
    ws.pong('unasked');
  },
  async run(c) {
    const ws = c.websocket();
    const all = new Promise((resolve) => {
      let left = 5;
      for (const what of ['ping', 'pong']) {
        ws.on(what, (data) => {
          c.say(what, data.toString());
          if (--left === 0) resolve();
        });
      }
    });
    await once(ws, 'open', 'error');
    ws.ping();
    ws.ping('a');
    ws.ping('b'.repeat(125));
    ws.pong('unasked');
    await Promise.race([all, once(ws, 'close')]);
    await ends(ws);
  },
});

// Offers of permessage-deflate, by what the client wants and what the endpoint does.
for (const [name, theirs, ours] of [
  ['as it is by itself', true, true],
  ['for messages of all sizes', { threshold: 0 }, { threshold: 0 }],
  ['without context at either end', { threshold: 0, serverNoContextTakeover: true,
    clientNoContextTakeover: true }, { threshold: 0, clientNoContextTakeover: true }],
  ['with windows', { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
    { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 10 }],
  ['not wanted by the endpoint', false, true],
  ['not wanted by the client', true, false],
]) {
  cases.push({
    name: 'compressed, ' + name,
    options: { perMessageDeflate: theirs },
    accept(ws, run, req) {
      run.note(req.headers['sec-websocket-extensions'] ?? 'no offer', ws.extensions);
      echo(ws, run);
    },
    async run(c) {
      const ws = await opened(c, { perMessageDeflate: ours });
      c.say(ws.extensions);
      for (const data of ['', 'hello', 'hello', 'a'.repeat(100_000), bytes(70_000)]) {
        const came = once(ws, 'message', 'close');
        ws.send(data);
        await came;
      }
      const came = once(ws, 'message', 'close');
      for (let i = 0; i < 3; i++) ws.send('part ' + i, { fin: i === 2 });
      await came;
      await ends(ws);
    },
  });
}

cases.push({
  name: 'megabytes to a client that does not read for a while',
  accept(ws, run) {
    for (let i = 0; i < 64; i++) ws.send(bytes(128 << 10, i));
    echo(ws, run);
  },
  async run(c) {
    const ws = c.websocket();
    await once(ws, 'open', 'error');
    ws.pause();
    await after(150);
    let n = 0;
    const all = new Promise((resolve) => ws.on('message', (data) => {
      c.say(sum(data));
      if (++n === 64) resolve();
    }));
    ws.resume();
    await Promise.race([all, once(ws, 'close')]);
    await ends(ws);
  },
}, {
  name: 'megabytes to an endpoint that does not read for a while',
  accept(ws, run) {
    ws.pause();
    setTimeout(() => ws.resume(), 150);
    ws.on('message', (data) => run.note(sum(data)));
  },
  async run(c) {
    const ws = await opened(c);
    for (let i = 0; i < 64; i++) ws.send(bytes(128 << 10, i));
    await ends(ws);
  },
}, {
  name: 'megabytes in both directions at once',
  accept: echo,
  async run(c) {
    const ws = c.websocket();
    await once(ws, 'open', 'error');
    let n = 0;
    const all = new Promise((resolve) => ws.on('message', (data) => {
      c.say(sum(data));
      if (++n === 48) resolve();
    }));
    for (let i = 0; i < 48; i++) ws.send(bytes(128 << 10, i));
    await Promise.race([all, once(ws, 'close')]);
    await ends(ws);
  },
}, {
  name: 'a stream of the package, ended',
  accept(ws, run) {
    const stream = createWebSocketStream(ws);
    stream.on('error', (e) => run.note(e.code || e.message));
    stream.pipe(stream);
  },
  async run(c) {
    const ws = c.websocket();
    const stream = createWebSocketStream(ws);
    // What comes back to a socket that closes is lost, so it closes when all is there.
    let left = 1_000_000;
    stream.on('data', (part) => { if ((left -= part.length) === 0) stream.end(); });
    for (let i = 0; i < 20; i++) stream.write(bytes(50_000, i));
    const { text, broken } = await whole(stream);
    c.say(sum(text), broken);
  },
}, {
  name: 'a hundred sockets at once',
  manyRequests: true,
  withoutEnd: true,
  kinds: ['http1', 'http1s'],
  accept: (ws) => ws.on('message', (data) => ws.send(data)),
  async run(c) {
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const ws = c.websocket();
      if ((await once(ws, 'open', 'error'))[0] === 'error') return c.say('not opened');
      for (let round = 0; round < 3; round++) {
        ws.send(`${i} ${round}`);
        const [what, data] = await once(ws, 'message', 'close');
        if (what === 'close' || data.toString() !== `${i} ${round}`) c.say('wrong', what);
      }
      await ends(ws);
    }));
    c.run.heard.length = 0; // some may not have heard of their end yet
    c.say('all');
  },
});

// The package ws has no WebSockets over HTTP/2.
module.exports = cases.map((c) => ({ clusters: ['http1', 'http1s'], ...c }));
