// Package rig knows the programs of a benchmark: where to find them, the configuration each of
// them gets, and the command that runs it. The proxies have the same duty:
//
//   - four routes, by host and path prefix; anything else is 404;
//   - Host as the client sent it, X-Forwarded-For, -Proto and -Host, a fresh X-Request-Id, and Via
//     on the request;
//   - keep-alive on both sides with a pool of upstream connections;
//   - no access log.
//
// Nothing here touches a system service or a file outside the benchmark's own folder.
package rig
