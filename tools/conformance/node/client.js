'use strict';

// What a case has of its client: where to go, and the packages' own clients on the way there.

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');
const undici = require('undici');
const { WebSocket } = require('ws');

class Client {
  constructor(way, run, folder) {
    this.way = way;
    this.run = run;
    this.http2 = way.kind === 'h2';
    this.tls = way.secure && {
      ca: fs.readFileSync(path.join(folder, 'ca.pem')), servername: way.expects,
    };
    this.dispatchers = [];
    this.sockets = [];
  }

  say(...words) { this.run.say(...words); }

  // path is where the endpoint finds this run.
  path(rest = '') { return '/' + this.way.cluster + '/' + this.run.id + '/' + rest; }

  origin() { return (this.tls ? 'https://' : 'http://') + this.way.address; }

  url(rest) { return this.origin() + this.path(rest); }

  // websocket opens one of the package ws.
  websocket(rest = '', protocols = [], options = {}) {
    const url = this.url(rest).replace(/^http/, 'ws');
    const ws = new WebSocket(url, protocols, { ...this.tls, ...options });
    this.sockets.push(ws);
    return ws;
  }

  #options(options) {
    return { allowH2: this.http2, connect: { ...this.tls }, ...options };
  }

  // client is one connection of undici's at a time.
  client(options = {}) { return this.#keep(new undici.Client(this.origin(), this.#options(options))); }

  // pool is as many of them as it likes.
  pool(options = {}) { return this.#keep(new undici.Pool(this.origin(), this.#options(options))); }

  // agent is for everything that takes a dispatcher and a URL.
  agent(options = {}) { return this.#keep(new undici.Agent(this.#options(options))); }

  #keep(dispatcher) {
    this.dispatchers.push(dispatcher);
    return dispatcher;
  }

  // request is undici's, with a client of its own.
  request(options = {}, client = this.client()) {
    const { rest = '', ...more } = options;
    return client.request({ path: this.path(rest), method: 'GET', ...more });
  }

  // fetch is undici's own, and not that of Node.
  fetch(rest = '', options = {}, agent = this.agent()) {
    return undici.fetch(this.url(rest), { dispatcher: agent, ...options });
  }

  // raw is a connection without a package.
  async raw() {
    const [host, port] = this.way.address.split(':');
    const socket = this.tls
      ? tls.connect({ host, port, ...this.tls, ALPNProtocols: ['http/1.1'] })
      : net.connect({ host, port: Number(port) });
    socket.on('error', () => {});
    this.sockets.push(socket);
    await new Promise((resolve) => socket.once(this.tls ? 'secureConnect' : 'connect', resolve));
    return socket;
  }

  async close() {
    for (const socket of this.sockets) {
      socket.on('error', () => {});
      (socket.terminate ?? socket.destroy).call(socket);
    }
    await Promise.all(this.dispatchers.map((d) => d.destroy().catch(() => {})));
  }
}

module.exports = { Client };
