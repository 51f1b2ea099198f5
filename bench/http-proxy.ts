// The peer: @fastify/http-proxy as its README has it. UPSTREAM and TCP_PORT come from the environment.
import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';

const app = Fastify();
await app.register(proxy, {
  upstream: process.env['UPSTREAM'] ?? '',
  // By default a GET that is answered 503 is run 11 times, and the bodies of 10 answers stay in their sockets.
  replyOptions: { retryDelay: () => null },
});
await app.listen({ host: '127.0.0.1', port: Number(process.env['TCP_PORT']) });
