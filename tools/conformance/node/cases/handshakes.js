'use strict';

// Handshakes of WebSockets: what they agree on, how they are refused, and what comes right behind.

const { createHash } = require('node:crypto');
const http = require('node:http');
const { fields, once } = require('../outcome.js');

const cases = [];
const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const acceptKey = (of) => createHash('sha1')
  .update(of + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');

// tell writes down what became of a handshake.
async function tell(c, ws) {
  ws.on('upgrade', (res) => c.say('switched', fields(without(res.headers))));
  const [what, ...more] = await once(ws, 'open', 'error', 'unexpected-response');
  if (what === 'unexpected-response') {
    const res = more[1];
    let body = '';
    for await (const part of res) body += part;
    c.say('refused', res.statusCode, fields(res.headers), body);
  } else {
    c.say(what, what === 'open' ? ws.protocol : more[0].code || more[0].message);
  }
  return what === 'open';
}

const without = ({ 'sec-websocket-accept': _, ...others }) => others;

for (const [name, offered, chosen] of [
  ['none', [], undefined],
  ['one', ['chat'], undefined],
  ['the first of three', ['a', 'b.c', 'd-e'], undefined],
  ['the last of three', ['a', 'b.c', 'd-e'], (all) => [...all].pop()],
  ['none of those offered', ['a', 'b'], () => false],
  ['one of many', Array.from({ length: 60 }, (_, i) => 'protocol-' + i), () => 'protocol-37'],
]) {
  cases.push({
    name: 'a protocol: ' + name,
    options: chosen && { handleProtocols: chosen },
    accept(ws, run, req) {
      run.note(req.headers['sec-websocket-protocol'] ?? 'not offered', ws.protocol);
      ws.close(1000);
    },
    async run(c) {
      const ws = c.websocket('', offered);
      await tell(c, ws);
      await once(ws, 'close');
    },
  });
}

cases.push({
  name: 'fields of the request and of the response',
  headers: ['X-One: 1', 'Set-Cookie: a=b', 'Set-Cookie: c=d', 'X-Empty: '],
  accept(ws, run, req) {
    run.note(req.method, req.url, fields(without({ ...req.headers, 'sec-websocket-key': '' })));
    ws.close(1000);
  },
  async run(c) {
    const ws = c.websocket('a%20b/c?x=1&y=%C3%BC&z', [], {
      origin: 'https://page.test',
      auth: 'user:pass word',
      headers: { 'x-two': ['1', '2'], cookie: 'e=f; g=h', 'x-long': 'l'.repeat(6000) },
    });
    await tell(c, ws);
    await once(ws, 'close');
  },
});

for (const [status, more] of [
  [400, {}], [401, { 'WWW-Authenticate': 'Basic realm="here"' }], [403, {}], [404, {}],
  [426, { Upgrade: 'websocket', Connection: 'Upgrade' }], [429, { 'Retry-After': '7' }], [503, {}],
  [200, {}], [204, {}],
]) {
  cases.push({
    name: 'refused with ' + status,
    upgrade(req, socket, head, run) {
      run.note(req.headers.upgrade);
      const body = status === 204 ? '' : 'no, with ' + status;
      const lines = Object.entries({ ...more,
        ...(status === 204 ? {} : { 'Content-Length': body.length, 'Content-Type': 'text/x' }) });
      socket.end(`HTTP/1.1 ${status} Told So\r\n` +
        lines.map(([name, value]) => `${name}: ${value}\r\n`).join('') + '\r\n' + body);
      run.done();
    },
    async run(c) { await tell(c, c.websocket()); },
  });
}

for (const [name, head, body] of [
  ['a chunked body', 'Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n'],
  ['a body up to the end', 'Connection: close\r\n', 'the rest'],
]) {
  cases.push({
    name: 'refused with ' + name,
    upgrade(req, socket, _, run) {
      socket.end('HTTP/1.1 403 No\r\n' + head + '\r\n' + body);
      run.done();
    },
    async run(c) { await tell(c, c.websocket()); },
  });
}

for (const status of [301, 302, 307, 308]) {
  cases.push({
    name: 'redirected with ' + status,
    manyRequests: true,
    withoutEnd: true,
    options: {},
    upgrade(req, socket, head, run) {
      run.note(req.url);
      const there = req.url === '/' ? 'there' : '';
      if (!there) {
        return socket.end('HTTP/1.1 418 Here\r\nContent-Length: 3\r\n\r\nend');
      }
      socket.end(`HTTP/1.1 ${status} There\r\nLocation: ${there}\r\nContent-Length: 0\r\n\r\n`);
    },
    async run(c) { await tell(c, c.websocket('', [], { followRedirects: true })); },
  });
}

for (const [name, write] of [
  ['in one write', (socket, head, frames) => socket.write(Buffer.concat([head, frames]))],
  ['in two', (socket, head, frames) => { socket.write(head); socket.write(frames); }],
  ['cut in the middle of a frame', (socket, head, frames) => {
    socket.write(Buffer.concat([head, frames.subarray(0, 3)]));
    setImmediate(() => socket.write(frames.subarray(3)));
  }],
]) {
  cases.push({
    name: 'frames right behind the 101, ' + name,
    upgrade(req, socket, _, run) {
      const head = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
        'Connection: Upgrade\r\nSec-WebSocket-Accept: ' +
        acceptKey(req.headers['sec-websocket-key']) + '\r\n\r\n');
      const frames = Buffer.concat([Buffer.from([0x81, 5]), Buffer.from('hello'),
        Buffer.from([0x88, 2, 3, 0xe8])]);
      write(socket, head, frames);
      socket.on('end', () => socket.end());
      socket.on('close', run.done);
      socket.resume();
    },
    async run(c) {
      const ws = c.websocket();
      ws.on('message', (data) => c.say('message', data.toString()));
      await once(ws, 'close', 'error');
      c.say('closed');
    },
  });
}

cases.push({
  name: 'frames right behind the request',
  accept(ws, run) {
    ws.on('message', (data) => run.note('message', data.toString()));
  },
  async run(c) {
    const socket = await c.raw();
    socket.write(`GET ${c.path()} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\n` +
      `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n` +
      '\x81\x85\x00\x00\x00\x00hello\x88\x82\x00\x00\x00\x00\x03\xe8', 'latin1');
    let all = '';
    for await (const part of socket) all += part.toString('latin1');
    c.say(all.split('\r\n')[0], all.includes(acceptKey(key)),
      Buffer.from(all.split('\r\n\r\n')[1], 'latin1').toString('hex'));
  },
});

// Handshakes that the package ws refuses, each with its own words.
for (const [name, method, headers] of [
  ['no key', 'GET', { 'Sec-WebSocket-Key': undefined }],
  ['a key that is none', 'GET', { 'Sec-WebSocket-Key': 'P5l8BJcZwRc=' }],
  ['an old version', 'GET', { 'Sec-WebSocket-Version': '8' }],
  ['a version of the future', 'GET', { 'Sec-WebSocket-Version': '99' }],
  ['no version', 'GET', { 'Sec-WebSocket-Version': undefined }],
  ['another method', 'POST', { 'Content-Length': '0' }],
  ['a protocol that is none', 'GET', { 'Sec-WebSocket-Protocol': 'a,,b' }],
  ['an extension that is none', 'GET', { 'Sec-WebSocket-Extensions': 'permessage-deflate; a=' }],
  ['upper case', 'GET', { Upgrade: 'WebSocket', Connection: 'keep-alive, Upgrade' }],
]) {
  cases.push({
    name: 'a handshake with ' + name,
    options: { perMessageDeflate: true },
    accept(ws) { ws.close(1000); },
    async run(c) {
      const given = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': key, ...headers };
      for (const k of Object.keys(given)) if (given[k] === undefined) delete given[k];
      const client = c.tls ? require('node:https') : http;
      const req = client.request(c.url(), { method, headers: given, agent: false, ...c.tls });
      req.end();
      const [what, res, socket] = await once(req, 'response', 'upgrade', 'error');
      if (what === 'upgrade') {
        c.say('switched', res.headers['sec-websocket-accept']);
        socket.on('error', () => {});
        socket.end();
        return;
      }
      if (what === 'error') return c.say(what, res.code);
      let body = '';
      for await (const part of res) body += part;
      c.say(res.statusCode, fields(res.headers), body);
    },
  });
}

cases.push({
  name: 'an answer that is not a WebSocket\'s key',
  upgrade(req, socket, _, run) {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
      'Connection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n');
    socket.on('end', () => socket.end());
    socket.on('close', run.done);
    socket.resume();
  },
  async run(c) { await tell(c, c.websocket()); },
}, {
  name: 'the client does not wait for the answer',
  upgrade(req, socket, _, run) {
    socket.on('close', () => { run.note('gone'); run.done(); });
    socket.resume();
    socket.on('end', () => socket.end());
  },
  async run(c) { await tell(c, c.websocket('', [], { handshakeTimeout: 200 })); },
}, {
  name: 'a message with the first turn of both ends',
  accept(ws, run) {
    ws.send('first');
    ws.on('message', (data) => { run.note(data.toString()); ws.close(1000); });
  },
  async run(c) {
    const ws = c.websocket();
    ws.on('message', (data) => c.say(data.toString()));
    ws.on('open', () => ws.send('second'));
    await once(ws, 'close', 'error');
  },
});

// The package ws has no WebSockets over HTTP/2.
module.exports = cases.map((c) => ({ clusters: ['http1', 'http1s'], ...c }));
