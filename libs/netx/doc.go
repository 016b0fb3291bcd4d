// Package netx is the socket layer of the data path: non-blocking TCP sockets
// whose reads, writes and deadlines cost as few system calls as the runtime
// poller allows.
//
// A Sock belongs to one connection goroutine, which alone closes it. Reading
// and writing may happen in two goroutines at once, one each. Everybody else
// (the Watch, a drain, the other half of an exchange) may only Interrupt it:
// the owner then wakes with an error and decides.
//
// Deadlines are plain atomic numbers that the Watch looks at ten times
// a second, instead of runtime timers that are moved several times per
// request. So a deadline is late by up to one Interval, never early.
//
// An owner that has nothing to do for a while may park its socket: then the Watch
// waits for it, without a goroutine, and starts another owner in time.
//
// Three ways to read save the system call that finds nothing:
//
//   - Read tries first, then waits: right when bytes are expected already.
//   - Await keeps a whole keep-alive connection inside one wait, so a step that
//     drained the socket goes back to waiting without asking again.
//   - Exchange does the health check of an idle connection, the write of a
//     request, then the wait for its answer in one turn: the read that must
//     find nothing comes before the write, where it proves the connection sound,
//     not after it, where it would prove nothing.
package netx
