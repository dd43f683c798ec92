// The real server, started, killed and started again on the same data.
import { execFile, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.mjs';

export class Server {
  /** With the demo's people and requests, unless `options` say otherwise. */
  static async start(options = ['--demo']) {
    const program = process.env.GUICHET_BIN;
    if (!program) throw new Error('GUICHET_BIN names no program: run these tests by `cargo xtask test`');
    const home = await mkdtemp(join(tmpdir(), 'guichet-browser-'));
    const server = new Server(program, home, await freePort(), options);
    await server.run();
    return server;
  }

  constructor(program, home, port, options) {
    this.program = program;
    this.options = options;
    this.home = home;
    this.base = `http://127.0.0.1:${port}`;
    this.listen = `127.0.0.1:${port}`;
  }

  async run() {
    const log = await open(join(this.home, 'server.log'), 'a');
    this.child = spawn(this.program, ['serve', ...this.options], { env: this.environment, stdio: ['ignore', log.fd, log.fd] });
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    await log.close();
    await until('the server is ready', 60_000, async () => {
      if (this.child.exitCode !== null) throw new Error(`the server ended\n${await this.log()}`);
      const answer = await fetch(`${this.base}/health/ready`).catch(() => null);
      return answer?.ok === true;
    });
  }

  get environment() {
    // What the tester's shell has set must not reach the program.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GUICHET_'));
    return { ...Object.fromEntries(inherited), GUICHET_DATA_DIR: this.home, GUICHET_LISTEN: this.listen, GUICHET_LIMITS_ENABLED: 'false' };
  }

  /** An organisation whose widget stands on these sites. */
  async createOrganization(name, slug, origin) {
    await promisify(execFile)(this.program, ['organization', 'create', '--name', name, '--slug', slug, '--origin', origin], { env: this.environment });
  }

  /** kill -9: no drain, no goodbye. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async stop() {
    await this.kill();
    await rm(this.home, { recursive: true, force: true });
  }

  async log() {
    return readFile(join(this.home, 'server.log'), 'utf8').catch(() => '');
  }

  /** All messages of a conversation, as they are stored. */
  async messages(token, conversation) {
    const answer = await this.call(`/conversations/${conversation}/messages?after_seq=0&limit=200`, { token });
    return answer.items;
  }

  async signIn(name) {
    const body = { organization: 'demo', email: `${name}@demo.test`, password: 'guichet-demo' };
    return (await this.call('/auth/login', { body })).access_token;
  }

  async call(path, { token, body } = {}) {
    const answer = await fetch(`${this.base}/api/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      body: body ? JSON.stringify(body) : undefined,
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

// Below the range that the system gives to outgoing connections: a browser that retries while the server is down
// must not be given the server's own port.
async function freePort() {
  for (let port = 31_000 + (process.pid % 500); port < 32_700; port += 1) {
    const free = await new Promise((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error('no free port');
}
