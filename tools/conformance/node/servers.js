'use strict';

// The endpoints: one server for each protocol, and each asks the case of a run what to do. A
// request says by its path, /PROTOCOL/RUN/..., which run it is of.

const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const path = require('node:path');
const { WebSocketServer } = require('ws');

// A Run is one case on one way. Both ends write down what they learn.
class Run {
  constructor(id, what) {
    this.id = id;
    this.what = what;
    this.heard = []; // by the endpoint
    this.learned = []; // by the client
    this.calls = 0; // how often the endpoint was asked
    this.served = new Promise((resolve) => { this.done = resolve; });
  }

  // note writes down what the endpoint hears.
  note(...words) { this.heard.push(words.length === 1 ? words[0] : words); }

  // say writes down what the client learns.
  say(...words) { this.learned.push(words.length === 1 ? words[0] : words); }
}

class Servers {
  constructor(folder) {
    const key = fs.readFileSync(path.join(folder, 'endpoint.key'));
    const cert = fs.readFileSync(path.join(folder, 'endpoint.pem'));
    // A test of heads that are large wants to see the gateway's limit and not Node's.
    const http1 = { maxHeaderSize: 128 << 10 };
    const limits = { maxConcurrentStreams: 1000, maxHeaderListPairs: 2000 };
    this.runs = new Map();
    this.all = {
      http1: http.createServer(http1),
      http1s: https.createServer({ key, cert, ...http1 }),
      h2c: http2.createServer({ settings: { enableConnectProtocol: true }, ...limits }),
      h2: http2.createSecureServer({ key, cert, settings: { enableConnectProtocol: true },
        ...limits }),
    };
    this.sockets = new Set();
    for (const server of Object.values(this.all)) this.#prepare(server);
  }

  #prepare(server) {
    const asked = (give) => (req, res, ...more) => {
      const [, , id, ...rest] = req.url.split('/');
      const run = this.runs.get(id);
      if (!run) return void (res.writeHead ? res.writeHead(599).end() : res.destroy());
      req.url = '/' + rest.join('/');
      run.calls++;
      give(run, req, res, ...more);
    };
    const ask = (run, req, res) => {
      Promise.resolve(run.what.serve(req, res, run)).catch((e) => {
        run.note('the endpoint fails: ' + e.message);
        res.destroy?.();
      }).finally(() => { if (!run.what.manyRequests) run.done(); });
    };
    server.on('request', asked(ask));
    server.on('checkContinue', asked((run, req, res) => {
      if (run.what.checkContinue) return run.what.checkContinue(req, res, run, ask);
      res.writeContinue();
      ask(run, req, res);
    }));
    server.on('upgrade', asked((run, req, socket, head) => {
      socket.on('error', () => {});
      if (run.what.upgrade) return run.what.upgrade(req, socket, head, run);
      accept(run, req, socket, head);
    }));
    server.on('connect', (req, socket) => socket.destroy?.());
    server.on('sessionError', () => {});
    server.on('clientError', (err, socket) => socket.destroy());
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  async listen() {
    const addresses = {};
    for (const [name, server] of Object.entries(this.all)) {
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      addresses[name] = '127.0.0.1:' + server.address().port;
    }
    return addresses;
  }

  close() {
    for (const server of Object.values(this.all)) server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

// accept lets the package ws make a socket of the request. The run is over when it has closed.
function accept(run, req, socket, head) {
  const server = new WebSocketServer({ noServer: true, ...run.what.options });
  if (run.what.headers) server.on('headers', (lines) => lines.push(...run.what.headers));
  server.handleUpgrade(req, socket, head, (ws) => {
    ws.on('error', (err) => run.note('error', err.code || err.message));
    ws.on('close', (code, reason) => {
      run.note('closed', code, reason.toString());
      run.done();
    });
    run.what.accept(ws, run, req);
  });
  if (socket.destroyed || socket.writableEnded) run.done(); // the package has refused it
}

module.exports = { Run, Servers };
