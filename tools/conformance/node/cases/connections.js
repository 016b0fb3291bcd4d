'use strict';

// Connections of undici: keeping them, many requests on them, what is aborted, and what fails.

const { Readable } = require('node:stream');
const undici = require('undici');
const { after, bytes, fields, once, sum, whole } = require('../outcome.js');

const kinds = ['http1', 'http1s', 'h2'];
const cases = [];
const ok = async (req, res) => { await whole(req); res.end('ok ' + req.url); };
const text = async (response) => {
  const { statusCode, body } = await response;
  return [statusCode, (await whole(body)).text.toString()];
};

for (const pipelining of [1, 2, 3, 5, 10]) {
  cases.push({
    name: `twenty requests, ${pipelining} at a time`,
    manyRequests: true,
    withoutEnd: true,
    serve: async (req, res) => {
      await whole(req);
      await after(Number(req.url.slice(1)) % 3);
      res.end('ok ' + req.url);
    },
    async run(c) {
      const client = c.client({ pipelining });
      let connections = 0;
      client.on('connect', () => connections++);
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) =>
        text(c.request({ rest: String(i), method: i % 4 ? 'GET' : 'HEAD' }, client))));
      c.say(answers, connections);
    },
  });
}

cases.push({
  name: 'one connection for many requests with bodies',
  manyRequests: true,
  withoutEnd: true,
  serve: ok,
  async run(c) {
    const client = c.client();
    let connections = 0;
    client.on('connect', () => connections++);
    for (let i = 0; i < 15; i++) {
      c.say(await text(c.request({ rest: String(i), method: 'POST',
        body: i % 2 ? bytes(10_000) : Readable.from([bytes(10_000)]) }, client)));
    }
    c.say(connections);
  },
}, {
  name: 'the client ends the connection with its request',
  serve: ok,
  kinds: ['http1', 'http1s'],
  async run(c) {
    const client = c.client();
    const gone = once(client, 'disconnect');
    c.say(await text(c.request({ reset: true }, client)));
    await gone;
    c.say('gone');
  },
}, {
  name: 'the endpoint ends its connection with each response',
  manyRequests: true,
  withoutEnd: true,
  serve: async (req, res) => {
    await whole(req);
    if (!res.stream) res.setHeader('Connection', 'close');
    res.end('ok ' + req.url);
  },
  async run(c) {
    const client = c.client();
    for (let i = 0; i < 5; i++) c.say(await text(c.request({ rest: String(i) }, client)));
  },
}, {
  name: 'a pause that is longer than the client keeps a connection',
  manyRequests: true,
  withoutEnd: true,
  serve: ok,
  async run(c) {
    const client = c.client({ keepAliveTimeout: 100, keepAliveTimeoutThreshold: 0 });
    for (let i = 0; i < 3; i++) {
      c.say(await text(c.request({ rest: String(i) }, client)));
      await after(250);
    }
  },
});

for (const [name, expectContinue, handler] of [
  ['is told to go on', true, undefined],
  ['is refused with 417', true, (req, res, run) => {
    run.note('not wanted');
    res.writeHead(417, { Connection: 'close' });
    res.end('no');
    run.done();
  }],
  ['is refused with 401', true, (req, res, run) => {
    res.writeHead(401, { 'WWW-Authenticate': 'Basic', Connection: 'close' });
    res.end('who');
    run.done();
  }],
  ['gets its answer without the body', true, (req, res, run) => {
    res.writeHead(200, { Connection: 'close' });
    res.end('all is here');
    run.done();
  }],
]) {
  cases.push({
    name: 'a request with Expect ' + name,
    kinds: ['http1', 'http1s'],
    clusters: ['http1', 'http1s'],
    checkContinue: handler,
    async serve(req, res, run) {
      run.note(sum((await whole(req)).text));
      res.end('got it');
    },
    async run(c) {
      const http = c.tls ? require('node:https') : require('node:http');
      const req = http.request(c.url(), { method: 'PUT', agent: false, ...c.tls,
        headers: { Expect: '100-continue', 'Content-Length': 50_000 } });
      req.on('continue', () => req.end(bytes(50_000)));
      const [what, res] = await once(req, 'response', 'error');
      if (what === 'error') return c.say(res.code);
      c.say(res.statusCode, (await whole(res)).text.toString());
      req.destroy();
    },
  });
}

for (const [name, send] of Object.entries({
  'one 103': (res) => res.writeEarlyHints({ link: '</a.css>; rel=preload' }),
  'three 103': (res) => {
    for (const n of [1, 2, 3]) res.writeEarlyHints({ link: `</${n}.css>; rel=preload` });
  },
  'a 102': (res) => (res.stream ? res.stream.additionalHeaders({ ':status': 102 })
    : res.writeProcessing()),
})) {
  cases.push({
    name: 'before the response, ' + name,
    async serve(req, res) {
      await whole(req);
      send(res);
      res.end('final');
    },
    async run(c) {
      c.say(await text(c.request({
        onInfo: ({ statusCode, headers }) => c.say('before', statusCode, fields(headers)),
      })));
    },
  });
}

// What is aborted, at each moment. The endpoint learns it, and the next request is not hurt.
for (const [name, moment] of Object.entries({
  'before the response': async (c, client, abort) => {
    const asked = c.request({ signal: abort.signal }, client);
    while (!c.run.calls) await after(5);
    abort.abort();
    return asked;
  },
  'in the body of the response': async (c, client, abort) => {
    const { body } = await c.request({ rest: 'begin', signal: abort.signal }, client);
    await once(body, 'readable');
    setImmediate(() => abort.abort());
    for await (const _ of body);
  },
  'by destroying the body': async (c, client) => {
    const { body } = await c.request({ rest: 'begin' }, client);
    body.on('error', () => {});
    await once(body, 'readable');
    body.destroy();
    await once(body, 'close');
    throw Object.assign(new Error(), { name: 'destroyed' });
  },
  'in the body of the request': async (c, client, abort) => {
    const body = new Readable({ read() {} });
    body.push(bytes(1000));
    const asked = c.request({ method: 'POST', body, signal: abort.signal }, client);
    while (!c.run.calls) await after(5);
    abort.abort();
    return asked;
  },
  'by its limit for heads': (c) => c.request({}, c.client({ headersTimeout: 700 })),
  'by its limit for bodies': async (c) => {
    const { body } = await c.request({ rest: 'begin' }, c.client({ bodyTimeout: 200 }));
    for await (const _ of body);
  },
})) {
  cases.push({
    name: 'aborted ' + name,
    manyRequests: true,
    async serve(req, res, run) {
      if (req.url === '/next') return res.end('not hurt');
      const gone = new Promise((resolve) => res.on('close', resolve));
      req.on('error', () => {});
      req.resume();
      if (req.url === '/begin') res.write('begun');
      await gone;
      run.note('gone');
      run.done();
    },
    async run(c, run) {
      const client = c.pool();
      try {
        await moment(c, client, new AbortController());
        c.say('nothing failed');
      } catch (e) {
        c.say(e.name);
      }
      await run.served;
      c.say(await text(c.request({ rest: 'next' }, client)));
    },
  });
}

// Endpoints that fail before a response: without a gateway the client has an error, with the edge
// it has a 502.
const gatewaySays = (learned) => (way, want) => (way.relay ? want : { ...want, learned });
for (const [name, fail] of Object.entries({
  'without a response': (req, res) => { (res.stream ?? res).destroy(); },
  'behind half of a head': (req, res) => {
    if (res.stream) return res.stream.destroy();
    res.socket.end('HTTP/1.1 200 OK\r\nX-Half: ');
  },
})) {
  cases.push({
    name: 'the endpoint ends ' + name,
    serve: async (req, res) => { await whole(req); fail(req, res); },
    differs: gatewaySays(['502']),
    async run(c) {
      try {
        const { statusCode, body } = await c.request({ method: 'POST', body: 'x' });
        await whole(body);
        c.say(String(statusCode));
      } catch { c.say('failed'); }
    },
  });
}
for (const [name, fail] of Object.entries({
  'in chunks': (res) => { res.write(bytes(5000)); },
  'before its length': (res) => { res.setHeader('Content-Length', 10_000); res.write(bytes(5000)); },
})) {
  cases.push({
    name: 'the endpoint ends in its body, ' + name,
    serve: async (req, res) => {
      await whole(req);
      fail(res);
      await after(100);
      if (res.stream) res.stream.close(2); // an INTERNAL_ERROR
      else res.destroy();
    },
    async run(c) {
      const { statusCode, body } = await c.request();
      const { text: got, broken } = await whole(body);
      c.say(statusCode, sum(got), broken);
    },
  });
}

cases.push({
  name: 'tried again until it is served',
  manyRequests: true,
  withoutEnd: true,
  async serve(req, res, run) {
    await whole(req);
    res.writeHead(run.calls < 3 ? 503 : 200, { 'Retry-After': '0' });
    res.end('call ' + run.calls);
  },
  async run(c) {
    const agent = new undici.RetryAgent(c.agent(), { minTimeout: 1, maxTimeout: 5,
      retryAfter: false });
    const { statusCode, body } = await undici.request(c.url(), { dispatcher: agent });
    c.say(statusCode, (await whole(body)).text.toString());
  },
}, {
  name: 'a download that breaks and goes on where it was',
  manyRequests: true,
  withoutEnd: true,
  async serve(req, res, run) {
    await whole(req);
    const all = bytes(100_000);
    const from = Number(/bytes=(\d+)-/.exec(req.headers.range ?? 'bytes=0-')[1]);
    run.note(req.headers.range ?? 'all', req.headers['if-match'] ?? '');
    res.writeHead(from ? 206 : 200, { Etag: '"one"', 'Content-Length': all.length - from,
      ...(from && { 'Content-Range': `bytes ${from}-${all.length - 1}/${all.length}` }) });
    if (from) return res.end(all.subarray(from));
    res.write(all.subarray(0, 40_000));
    await after(200);
    (res.stream ?? res).destroy();
  },
  async run(c) {
    const agent = new undici.RetryAgent(c.agent(), { minTimeout: 1, maxTimeout: 5 });
    const { statusCode, body } = await undici.request(c.url(), { dispatcher: agent });
    const { text: got, broken } = await whole(body);
    c.say(statusCode, sum(got), broken);
  },
});

for (const status of [301, 302, 303, 307, 308]) {
  cases.push({
    name: 'redirected with ' + status,
    manyRequests: true,
    withoutEnd: true,
    async serve(req, res, run) {
      run.note(req.method, req.url, (await whole(req)).text.toString());
      if (req.url === '/there?x=1') return res.end('there');
      res.writeHead(status, { Location: 'there?x=1' });
      res.end('elsewhere');
    },
    async run(c) {
      for (const method of ['GET', 'POST']) {
        const res = await c.fetch('', { method, body: method === 'POST' ? 'b' : undefined });
        c.say(res.status, res.redirected, new URL(res.url).search, await res.text());
      }
    },
  });
}

for (const status of [413, 401, 200]) {
  cases.push({
    name: `an early ${status} to an upload that goes on`,
    withoutEnd: true, // when the endpoint learns that no more will come is not said anywhere
    async serve(req, res) {
      res.writeHead(status);
      res.end('early');
      for await (const _ of req);
    },
    async run(c) {
      const { statusCode, body } = await c.request({ method: 'POST',
        body: Readable.from(Array.from({ length: 32 }, (_, i) => bytes(65_536, i))) });
      c.say(statusCode, (await whole(body)).text.toString());
    },
  });
}

cases.push({
  name: 'a hundred streams at once',
  manyRequests: true,
  withoutEnd: true,
  serve: async (req, res) => res.end(sum((await whole(req)).text)),
  async run(c) {
    const client = c.http2 ? c.client({ pipelining: 100, maxConcurrentStreams: 100 })
      : c.pool({ connections: 20 });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) =>
      text(c.request({ method: i % 2 ? 'POST' : 'GET',
        body: i % 2 ? bytes(1000 * i, i) : undefined }, client))));
    c.say(answers);
  },
}, {
  name: 'large uploads and downloads at once',
  manyRequests: true,
  withoutEnd: true,
  serve: (req, res) => { req.pipe(res); return new Promise((done) => res.on('close', done)); },
  async run(c) {
    const client = c.http2 ? c.client({ pipelining: 100 }) : c.pool();
    c.say(await Promise.all(Array.from({ length: 8 }, async (_, i) => {
      const { statusCode, body } = await c.request({ method: 'PUT',
        body: Readable.from(Array.from({ length: 16 }, (_, n) => bytes(65_536, n + i))) }, client);
      return [statusCode, sum((await whole(body)).text)];
    })));
  },
}, {
  name: 'events, and again after the end',
  manyRequests: true,
  withoutEnd: true,
  async serve(req, res, run) {
    run.note(req.headers['last-event-id'] ?? 'first', req.headers.accept);
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    res.write('retry: 20\n\n');
    for (let i = 0; i < 3; i++) {
      res.write(`id: ${run.calls}.${i}\nevent: tick\ndata: line one\ndata: ${i}\n\n`);
      await after(10);
    }
    res.end();
  },
  async run(c) {
    const source = new undici.EventSource(c.url(), { node: { dispatcher: c.agent() } });
    let n = 0;
    await new Promise((resolve) => source.addEventListener('tick', (event) => {
      if (n < 6) c.say(event.lastEventId, event.data);
      if (++n === 6) resolve();
    }));
    source.close();
    c.run.heard.length = 2;
  },
}, {
  name: 'a switch to another protocol',
  kinds: ['http1', 'http1s'],
  clusters: ['http1', 'http1s'],
  upgrade(req, socket, head, run) {
    run.note(req.headers.upgrade, req.url);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n' +
      'Upgrade: made-up/1\r\nX-More: yes\r\n\r\nright behind ');
    socket.on('close', run.done);
    socket.pipe(socket);
  },
  async run(c) {
    const { headers, socket } = await c.client().upgrade({ path: c.path('up'),
      protocol: 'made-up/1' });
    c.say(fields(headers));
    socket.on('error', () => {});
    socket.end('and back');
    c.say((await whole(socket)).text.toString());
  },
});

module.exports = cases.map((c) => ({ kinds, ...c }));
