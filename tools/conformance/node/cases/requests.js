'use strict';

// Requests and responses of undici: methods, bodies, fields, statuses, and its ways to ask.

const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const zlib = require('node:zlib');
const undici = require('undici');
const { bytes, fields, sum, whole } = require('../outcome.js');

const kinds = ['http1', 'http1s', 'h2'];
const cases = [];

// answer is the endpoint's: it writes down what it got and sends what it is told.
const answer = (status, headers, body) => async (req, res, run) => {
  const { text } = await whole(req);
  run.note(req.method, req.url, fields(req.headers), sum(text), req.trailers);
  res.writeHead(status, headers);
  res.end(body);
};

// tell writes a response down.
async function tell(c, response) {
  const { statusCode, headers, body, trailers } = await response;
  const { text, broken } = await whole(body);
  c.say(statusCode, fields(headers), sum(text), broken, trailers);
}

for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY',
  'PROPFIND', 'M-SEARCH']) {
  for (const body of [undefined, 'a body']) {
    if (method === 'HEAD' && body) continue;
    cases.push({
      name: `${method} ${body ? 'with' : 'without'} a body`,
      serve: answer(200, { 'X-Is': 'so', 'Content-Length': 6 }, method === 'HEAD' ? '' : 'answer'),
      async run(c) { await tell(c, c.request({ method, body, rest: 'p?q=1' })); },
    });
  }
}

for (const status of [200, 201, 202, 203, 204, 205, 206, 207, 226, 300, 301, 302, 303, 304, 307, 308,
  400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421,
  422, 423, 425, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 507, 511, 599]) {
  const empty = [204, 205, 304].includes(status);
  cases.push({
    name: 'status ' + status,
    serve: answer(status, { Etag: '"e"', Location: '/there', 'Retry-After': '1',
      'WWW-Authenticate': 'Basic' }, empty ? undefined : 'told'),
    async run(c) {
      await tell(c, c.request());
      await tell(c, c.request({ method: 'POST', body: 'x' }));
    },
  });
}

cases.push({
  name: 'HEAD with the length of GET, and 304 with it',
  async serve(req, res) {
    res.writeHead(req.url === '/304' ? 304 : 200, { 'Content-Length': 1234, Etag: '"x"' });
    res.end();
  },
  async run(c) {
    const head = await c.request({ method: 'HEAD' });
    c.say(head.statusCode, head.headers['content-length'], sum((await whole(head.body)).text));
    const not = await c.request({ rest: '304', headers: { 'if-none-match': '"x"' } });
    c.say(not.statusCode, not.headers.etag, sum((await whole(not.body)).text));
  },
});

// Bodies that undici takes, each way to say their length.
const bodies = {
  'a text': () => 'hello äöü',
  'an empty text': () => '',
  'a buffer': () => bytes(1000),
  'a large buffer': () => bytes(3 << 20),
  'an array': () => new Uint8Array(bytes(5000)),
  'a stream': () => Readable.from([bytes(10), bytes(20_000), bytes(3)]),
  'an empty stream': () => Readable.from([]),
  'a large stream': () => Readable.from(Array.from({ length: 64 }, (_, i) => bytes(65_536, i))),
  'an iterator': () => (async function* () { yield 'one'; yield bytes(100_000); yield 'three'; })(),
};
for (const [name, make] of Object.entries(bodies)) {
  cases.push({
    name: 'a body that is ' + name,
    async serve(req, res, run) {
      const { text, broken } = await whole(req);
      run.note(sum(text), broken);
      res.setHeader('Content-Length', text.length);
      res.end(text);
    },
    async run(c) { await tell(c, c.request({ method: 'POST', body: make() })); },
  });
}
cases.push({
  name: 'a stream of known length',
  async serve(req, res, run) {
    run.note(req.headers['content-length'], sum((await whole(req)).text));
    res.end('got');
  },
  async run(c) {
    await tell(c, c.request({ method: 'PUT', body: Readable.from([bytes(700), bytes(300)]),
      headers: { 'content-length': '1000' } }));
  },
});

const fetched = {
  'a blob': () => new Blob(['some', bytes(4000)], { type: 'image/x' }),
  'a query': () => new URLSearchParams({ a: '1 2', b: 'ü&=' }),
  'a stream': () => ReadableStream.from([bytes(5), bytes(70_000)]),
};
for (const [name, make] of Object.entries(fetched)) {
  cases.push({
    name: 'fetch sends ' + name,
    serve: answer(200, { 'Content-Type': 'text/plain' }, 'thanks'),
    async run(c) {
      const res = await c.fetch('', { method: 'POST', body: make(), duplex: 'half' });
      c.say(res.status, await res.text());
    },
  });
}
cases.push({
  name: 'fetch sends a form with a file',
  async serve(req, res, run) {
    const type = req.headers['content-type'];
    const form = await new Response((await whole(req)).text,
      { headers: { 'content-type': type } }).formData();
    for (const [name, value] of form) {
      run.note(name, typeof value === 'string' ? value : [value.name, value.type,
        sum(Buffer.from(await value.arrayBuffer()))]);
    }
    res.end('ok');
  },
  async run(c) {
    const body = new undici.FormData();
    body.append('field', 'välue\r\nof lines');
    body.append('file', new File([bytes(50_000)], 'a "file".bin', { type: 'x/y' }));
    const res = await c.fetch('', { method: 'POST', body });
    c.say(res.status, await res.text());
  },
});

// Bodies of responses, by what says their length.
for (const [name, send] of Object.entries({
  'a length': (res) => { res.setHeader('Content-Length', 5000); res.end(bytes(5000)); },
  'a length of nothing': (res) => { res.setHeader('Content-Length', 0); res.end(); },
  chunks: (res) => { for (let i = 0; i < 50; i++) res.write(bytes(100 + i)); res.end(); },
  'chunks of one byte': (res) => { for (let i = 0; i < 300; i++) res.write('x'); res.end(); },
  'no chunk': (res) => { res.flushHeaders(); res.end(); },
  megabytes: (res) => Readable.from(Array.from({ length: 100 }, (_, i) => bytes(65_536, i)))
    .pipe(res),
  'the end of the connection': (res) => {
    if (!res.stream) {
      res.useChunkedEncodingByDefault = false;
      res.removeHeader('transfer-encoding');
      res.setHeader('Connection', 'close');
    }
    res.write('some');
    res.end(' more');
  },
  trailers: (res) => {
    if (!res.stream) res.setHeader('Trailer', 'X-End, X-Sum');
    res.write('body');
    res.addTrailers({ 'X-End': 'yes', 'X-Sum': 'abc' });
    res.end();
  },
  'trailers and nothing else': (res) => {
    if (!res.stream) res.setHeader('Trailer', 'X-End');
    res.flushHeaders();
    res.addTrailers({ 'X-End': 'empty' });
    res.end();
  },
})) {
  cases.push({
    name: 'a response with ' + name,
    async serve(req, res, run) {
      await whole(req);
      const over = new Promise((resolve) => res.on('close', resolve));
      res.setHeader('X-Kind', 'body');
      send(res);
      await over;
      run.note('sent', res.writableFinished ?? true);
    },
    async run(c) {
      const { statusCode, headers, body, trailers } = await c.request();
      const { text, broken } = await whole(body);
      // Announcing trailers is for HTTP/1.1.
      delete headers.trailer;
      c.say(statusCode, fields(headers), sum(text), broken, { ...trailers });
    },
  });
}

for (const coding of ['gzip', 'deflate', 'br', 'zstd']) {
  const pack = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync,
    zstd: zlib.zstdCompressSync }[coding];
  cases.push({
    name: 'a response that is ' + coding,
    async serve(req, res, run) {
      run.note(req.headers['accept-encoding'] ?? 'nothing asked for');
      const packed = pack('text '.repeat(10_000));
      res.writeHead(200, { 'Content-Encoding': coding, Vary: 'Accept-Encoding',
        ...(req.url === '/length' && { 'Content-Length': packed.length }) });
      res.end(packed);
    },
    async run(c) {
      for (const rest of ['', 'length']) {
        const res = await c.fetch(rest, { headers: { 'accept-encoding': coding } });
        c.say(res.status, res.headers.get('content-encoding'), sum(await res.text()));
        await tell(c, c.request({ rest, headers: { 'accept-encoding': coding } }));
      }
    },
  });
}

// Fields, by what is in them.
for (const [name, headers] of Object.entries({
  'many fields': Object.fromEntries(Array.from({ length: 80 }, (_, i) => ['x-' + i, 'v' + i])),
  'a field of 8 KB': { 'x-long': 'l'.repeat(8192) },
  'fields of 24 KB': { 'x-a': 'a'.repeat(8192), 'x-b': 'b'.repeat(8192), 'x-c': 'c'.repeat(8192) },
  'a field without a value': { 'x-empty': '' },
  'a field twice': { 'x-twice': ['1', '2'], 'set-cookie': ['a=1; Path=/', 'b=2; HttpOnly'] },
  'quotes and signs': { 'x-signs': '"a\\"b", (c) <d> {e} [f] ~!#$%^&*;:\'|`?/=' },
  'the upper half of Latin-1': { 'x-latin': 'caf\xe9 \xff' },
  'blanks and tabs inside': { 'x-blank': 'a  b\tc' },
  'signs in a name': { "x!#$%&'*+.^`|~y": '1' },
})) {
  cases.push({
    name: name + ' of a request',
    serve: answer(200, {}, 'ok'),
    async run(c) { await tell(c, c.request({ headers })); },
  }, {
    name: name + ' of a response',
    serve: answer(200, headers, 'ok'),
    async run(c) { await tell(c, c.request()); },
  });
}

for (const rest of ['', '?', '?a', '?a=b&c=%20+d&e&%41', 'a;b=c,d@e:f$g!h\'(i)*j',
  'caf%C3%A9?%C3%BC', 'very/'.repeat(700) + 'long?' + 'q'.repeat(3000), '?u=http://a.test/b?c',
  "?'\"<>{}|^`\\"]) {
  cases.push({
    name: 'the path /' + rest.slice(0, 40),
    serve: (req, res, run) => { run.note(req.url); res.end('ok'); },
    async run(c) { await tell(c, c.request({ rest })); },
  });
}

// What the edge refuses or changes by itself, as its docs say. The relay does not look.
for (const [name, request, learned, heard] of [
  ['a name with an underscore', { headers: { x_under: '1' } }, 400],
  ['a slash that is encoded', { rest: 'a%2Fb' }, 400],
  ['TRACE', { method: 'TRACE' }, 405],
  ['letters that need no code', { rest: '%41%2e%7e' }, 200, '/A.~'],
]) {
  cases.push({
    name: 'of the edge: ' + name,
    withoutEnd: true,
    differs: (way, want) => (way.relay ? want : { learned: [learned], heard: heard ? [heard] : [] }),
    serve: (req, res, run) => { run.note(req.url); res.end('ok'); },
    async run(c) {
      const { statusCode, body } = await c.request(request);
      await whole(body);
      c.say(statusCode);
    },
  });
}

cases.push({
  name: 'stream, into what the client has',
  serve: (req, res) => { res.writeHead(200, { 'X-A': '1' }); res.end(bytes(300_000)); },
  async run(c) {
    const parts = [];
    await c.client().stream({ path: c.path(), method: 'GET' }, ({ statusCode, headers }) => {
      c.say(statusCode, fields(headers));
      return new (require('node:stream').Writable)({
        write(part, _, done) { parts.push(part); done(); },
      });
    });
    c.say(sum(parts));
  },
}, {
  name: 'pipeline, with an answer that begins before the request has ended',
  serve: (req, res) => { req.pipe(res); return new Promise((done) => res.on('close', done)); },
  async run(c) {
    const parts = [];
    await pipeline(
      Readable.from(Array.from({ length: 40 }, (_, i) => bytes(20_000, i))),
      c.client().pipeline({ path: c.path(), method: 'PUT' }, ({ body }) => body),
      async (source) => { for await (const part of source) parts.push(part); });
    c.say(sum(parts));
  },
}, {
  name: 'pipeline, word by word',
  serve: (req, res) => { req.pipe(res); return new Promise((done) => res.on('close', done)); },
  async run(c) {
    const duplex = c.client().pipeline({ path: c.path(), method: 'POST' }, ({ body }) => body);
    duplex.on('error', (e) => c.say(e.code));
    // A word may come in two parts: where a frame begins and ends is nobody's promise.
    let heard = '', wake = () => {};
    duplex.on('data', (part) => { heard += part; wake(); });
    for (const word of ['one', 'two', 'three']) {
      heard = '';
      duplex.write(word);
      while (heard.length < word.length) await new Promise((resolve) => { wake = resolve; });
      c.say(heard);
    }
    duplex.end();
    await new Promise((resolve) => duplex.on('end', resolve));
  },
});

module.exports = cases.map((c) => ({ kinds, ...c }));
