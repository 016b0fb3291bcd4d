// Package gen is the load generator: one thread, one epoll loop, hundreds of keep-alive HTTP/1.1
// connections.
//
// It exists because load and upstream share a core, and what they leave free of it is what the
// proxy under test can be driven with. wrk takes about as much CPU per request as a good proxy
// does, so with wrk the load core is full before the proxy's is and all fast proxies look alike.
// This one sends a request with one system call, reads the answer with one, and lets the kernel
// throw away the body of a long answer instead of copying it.
//
// It has two ways to ask. Closed loop: a connection sends its next request when the answer is
// complete; that finds the highest throughput. Fixed rate: requests are due at equal distances in
// time and wait for a free connection if need be; latency counts from when a request was due, so a
// stall of the proxy shows in full.
//
// It runs as a process of its own (the benchmark starts itself with the argument Command), so that
// its CPU time can be told from that of the benchmark.
package gen
